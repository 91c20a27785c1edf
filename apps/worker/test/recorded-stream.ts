import { eventIdOf } from '@pagekeeper/domain/webhooks/event-id';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import type { Network } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';

/** A change that Facebook recorded and has not delivered yet. */
export interface RecordedChange {
  /** The simulator's id, to deliver it by. */
  id: string;
  eventId: string;
  /** What happened, in the same words in every stream: streams are compared by them. */
  step: string;
  /** Whether its page's events are stored at all. */
  stored: boolean;
  /** Of a comment or message: what its reply is known by, and whom an answer goes to. Null for everything else. */
  question: { sourceId: string; target: string } | null;
  /** Whether it is to be answered; all else must not be. */
  isEligible: boolean;
}

/** The pages of three tenants, each set up in another way, and whether they answer what people write. */
const pageKinds = [
  { tenant: 0, config: { auto_reply: true }, answers: true },
  {
    tenant: 0,
    config: { auto_reply: true, comment_reply: { text: 'We wrote to you.', visibility: 'private' } },
    answers: true,
  },
  {
    tenant: 0,
    config: { auto_reply: true, rules: [{ when: { contains_any: ['price'] }, text: 'It is 5.' }] },
    answers: true,
  },
  { tenant: 1, config: { auto_reply: true }, answers: true },
  { tenant: 1, config: { auto_reply: 'shadow' }, answers: false },
  { tenant: 2, config: { auto_reply: true }, answers: true },
  { tenant: 2, config: { auto_reply: false }, answers: false },
  { tenant: 2, config: { auto_reply: true, webhook_enabled: false }, answers: false },
] as const;

interface Page extends ConnectedPage {
  name: string;
  answers: boolean;
  stored: boolean;
}

/** Fresh pages, and what happens on them: the same each time, about 150 changes a round. */
export async function recordStream(
  network: Network,
  tenants: readonly Tenant[],
  rounds: number,
): Promise<RecordedChange[]> {
  const pages: Page[] = [];
  for (const [index, { tenant, config, answers }] of pageKinds.entries()) {
    const connected = await tenants[tenant]!.connectPage({ config });
    pages.push({ ...connected, name: `page ${index}`, answers, stored: !('webhook_enabled' in config) });
  }
  const recorder = new Recorder(network);
  for (let round = 1; round <= rounds; round += 1) {
    for (const page of pages) await playScene(recorder, page, round);
  }
  return recorder.changes;
}

/** A few people and the page itself on one page: questions that are answered, and everything that is not. */
async function playScene(on: Recorder, page: Page, round: number): Promise<void> {
  const person = (name: string) => ({ name: `${name} ${round}` });
  const asked = await on.comment(page, 'a question', { from: person('Ana'), text: 'What is the price?' }, true);
  await on.comment(page, 'a question below it', { from: person('Ben'), text: 'And in blue?', parent_id: asked }, true);
  await on.comment(page, 'a question of nobody', { from: null, text: 'Hm?' }, false);
  const regretted = await on.comment(page, 'a question that is removed', { from: person('Cleo'), text: 'Oops' }, false);
  await on.patch(page, 'an edit', asked, { text: 'What is the price today?' });
  await on.remove(page, 'its removal', regretted);
  const taken = await on.comment(page, 'a question that people answer', { from: person('Dan'), text: 'Hi?' }, false);
  const self = { id: page.page.page_id, name: page.page.page_name };
  await on.comment(page, 'the answer of the people', { from: self, text: 'Hi Dan!', parent_id: taken }, false);
  const mid = await on.message(page, 'a message', { from: person('Eve'), text: 'Are you open?' }, true);
  await on.message(page, 'a message in between', { from: person('Fay'), text: 'Hello?' }, false);
  await on.message(page, 'a human', { from: person('Fay'), text: 'Hello Fay!', as: 'inbox' }, false);
  await on.event(page, { type: 'postback', from: person('Eve') });
  await on.event(page, { type: 'reaction', from: person('Eve'), mid });
  await on.event(page, { type: 'feed_reaction', from: person('Gus') });
  await on.event(page, { type: 'post' });
  await on.event(page, { type: 'like', from: person('Gus') });
  await on.change(page, 'something new', { field: 'holograms', value: { of: 'tomorrow', round } });
}

type Body = Record<string, unknown>;

/** Lets things happen in the simulator, which delivers none of them yet. */
class Recorder {
  readonly changes: RecordedChange[] = [];
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  async comment(page: Page, step: string, body: Body, isEligible: boolean): Promise<string> {
    const made = await this.#post(page, 'comments', body);
    const id: string = made.comment_id;
    const sourceId = id.slice(id.lastIndexOf('_') + 1);
    this.#add(page, step, made.change, { sourceId, target: `comment ${id}` }, isEligible);
    return id;
  }

  async message(page: Page, step: string, body: Body, isEligible: boolean): Promise<string> {
    const made = await this.#post(page, 'messages', body);
    const question = { sourceId: made.mid, target: `recipient ${made.psid}` };
    // Of a human's words come an echo, a receipt, and that they were read.
    for (const { change } of made.changes ?? []) this.#add(page, `${step}, ${change.field}`, change);
    if (made.change) this.#add(page, step, made.change, question, isEligible);
    return made.mid;
  }

  async patch(page: Page, step: string, commentId: string, body: Body): Promise<void> {
    const made = await this.#network.simulator.patch(`/__sim/comments/${commentId}`, { ...body, deliver: false });
    for (const { change } of made.changes) this.#add(page, step, change);
  }

  async remove(page: Page, step: string, commentId: string): Promise<void> {
    const made = await this.#network.simulator.delete(`/__sim/comments/${commentId}?deliver=false`);
    this.#add(page, step, made.change);
  }

  async event(page: Page, body: Body): Promise<void> {
    const made = await this.#post(page, 'events', body);
    this.#add(page, String(body.type), made.change);
  }

  async change(page: Page, step: string, body: Body): Promise<void> {
    const made = await this.#post(page, 'changes', body);
    this.#add(page, step, made.change);
  }

  #post = ({ page }: Page, what: string, body: Body): Promise<any> =>
    this.#network.simulator.post(`/__sim/pages/${page.page_id}/${what}`, { ...body, deliver: false });

  #add(page: Page, step: string, change: any, question: RecordedChange['question'] = null, isEligible = false): void {
    const item = change.list === 'changes' ? { field: change.field, value: change.value } : change.value;
    const entry = [{ id: change.page_id, [change.list]: [item] }];
    const [read] = parseDelivery({ object: 'page', entry }) ?? [];
    this.changes.push({
      id: change.id,
      eventId: eventIdOf(this.#network.services.vault, read!),
      step: `${page.name}, ${this.changes.length}: ${step}`,
      stored: page.stored,
      question,
      isEligible: isEligible && page.answers,
    });
  }
}
