import type { Fault } from '../faults/fault.ts';
import type { Comment, Page, Person, Thread, Token } from './entities.ts';

/** What the indexes are made of. */
interface Indexed {
  pages: Map<string, Page>;
  tokens: Map<string, Token>;
  comments: Map<string, Comment>;
  threads: Map<string, Thread>;
  faults: readonly Fault[];
}

const nothing: readonly never[] = [];

/** What a call needs is looked up here instead of searched for. Follows from the state, so no file keeps it. */
export class Indexes {
  /** By person: the Pages on which there is, or was, a role. */
  readonly #pages = new Map<string, Set<Page>>();
  /** By person and Page; user tokens stand under no Page. Oldest first. */
  readonly #tokens = new Map<string, Map<string, Token[]>>();
  /** By post or comment, oldest first. */
  readonly #answers = new Map<string, Comment[]>();
  /** By Page: the comments right under its posts, oldest first, and how many there are in all. */
  readonly #topLevel = new Map<string, Comment[]>();
  readonly #commentCounts = new Map<string, number>();
  /** By Page; the thread that was written to last is the last. */
  readonly #threads = new Map<string, Map<string, Thread>>();
  /** By what they are limited to first: `page 1`, `person 2`, or nothing. */
  readonly #faults = new Map<string, Fault[]>();

  /** Takes in a state that was read from a file. */
  fill(state: Indexed): void {
    for (const page of state.pages.values()) for (const personId of page.roles.keys()) this.addRole(personId, page);
    for (const token of state.tokens.values()) this.addToken(token);
    for (const comment of state.comments.values()) this.addComment(comment);
    for (const thread of state.threads.values()) this.touchThread(thread);
    for (const fault of state.faults) this.addFault(fault);
  }

  addRole(personId: string, page: Page): void {
    entry(this.#pages, personId, () => new Set<Page>()).add(page);
  }

  pagesOf(personId: string): Iterable<Page> {
    return this.#pages.get(personId) ?? nothing;
  }

  /** Adds a token and answers with those of the same person and Page, oldest first, itself among them. */
  addToken(token: Token): Token[] {
    const byPage = entry(this.#tokens, token.personId, () => new Map<string, Token[]>());
    const tokens = entry(byPage, token.pageId ?? '', () => []);
    tokens.push(token);
    return tokens;
  }

  /** A person's tokens; only those of one Page, or with null only the user tokens, when that is given. */
  tokensOf(person: Person, pageId?: string | null): readonly Token[] {
    const byPage = this.#tokens.get(person.id);
    if (!byPage) return nothing;
    return pageId === undefined ? [...byPage.values()].flat() : (byPage.get(pageId ?? '') ?? nothing);
  }

  addComment(comment: Comment): void {
    entry(this.#answers, comment.parentId, () => []).push(comment);
    this.#commentCounts.set(comment.pageId, (this.#commentCounts.get(comment.pageId) ?? 0) + 1);
    if (comment.parentId === comment.postId) entry(this.#topLevel, comment.pageId, () => []).push(comment);
  }

  answersTo(postOrCommentId: string): readonly Comment[] {
    return this.#answers.get(postOrCommentId) ?? nothing;
  }

  topLevelOf(page: Page): readonly Comment[] {
    return this.#topLevel.get(page.id) ?? nothing;
  }

  countComments(page: Page): number {
    return this.#commentCounts.get(page.id) ?? 0;
  }

  /** Notes that a thread is new, or has a new message. */
  touchThread(thread: Thread): void {
    const threads = entry(this.#threads, thread.pageId, () => new Map<string, Thread>());
    threads.delete(thread.psid);
    threads.set(thread.psid, thread);
  }

  threadsOf(page: Page): Thread[] {
    return [...(this.#threads.get(page.id)?.values() ?? nothing)];
  }

  addFault(fault: Fault): void {
    for (const key of placesOf(fault)) entry(this.#faults, key, () => []).push(fault);
  }

  removeFault(fault: Fault): void {
    for (const key of placesOf(fault)) {
      const left = (this.#faults.get(key) ?? []).filter(other => other !== fault);
      if (left.length > 0) this.#faults.set(key, left);
      else this.#faults.delete(key);
    }
  }

  /** The faults that may hit a call about this Page by this person, in the order of their making. */
  faultsFor(pageId: string | null, personId: string | null): Fault[] {
    if (this.#faults.size === 0) return [];
    const places = ['', `page ${pageId}`, `person ${personId}`];
    const found = places.flatMap(place => this.#faults.get(place) ?? []);
    return found.length > 1 ? found.sort((one, other) => one.number - other.number) : found;
  }
}

function placesOf({ match }: Fault): string[] {
  const pageIds = [...(match.page_id ? [match.page_id] : []), ...(match.page_ids ?? [])];
  if (pageIds.length > 0) return [...new Set(pageIds)].map(pageId => `page ${pageId}`);
  return [match.person_id ? `person ${match.person_id}` : ''];
}

/** The value of a key, made when there is none yet. */
function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
