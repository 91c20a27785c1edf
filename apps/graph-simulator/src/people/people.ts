import { nextId } from '../state/sequence.ts';
import type { Page, Person, State } from '../state/state.ts';
import { allTasks, defaultScopes } from './scopes.ts';

export interface PersonInput {
  id?: string | undefined;
  name: string;
  scopes?: string[] | undefined;
  pages: {
    id?: string | undefined;
    name: string;
    category?: string | undefined;
    tasks?: string[] | undefined;
  }[];
}

/**
 * Creates a person with roles on Pages, or adds to the one with this id. A Page that exists already keeps what it
 * has and gets one more admin.
 */
export function putPerson(state: State, input: PersonInput): { person: Person; pages: Page[] } {
  const id = input.id ?? nextId(state, 'person', '122');
  const known = state.people.get(id);
  const person: Person = known ?? {
    id,
    name: input.name,
    scopes: [...defaultScopes],
    granted: [],
    asked: [],
    pickedPages: null,
    checkpointed: false,
  };
  person.name = input.name;
  if (input.scopes) person.scopes = [...input.scopes];
  state.people.set(id, person);
  return { person, pages: input.pages.map(page => putPage(state, person, page)) };
}

function putPage(state: State, person: Person, input: PersonInput['pages'][number]): Page {
  const id = input.id ?? nextId(state, 'page', '104');
  const page = state.pages.get(id) ?? {
    id,
    name: input.name,
    category: input.category ?? 'Shopping & retail',
    url: `https://www.facebook.com/${id}`,
    roles: new Map(),
    subscribedFields: null,
    postIds: [`${id}_${nextId(state, 'post', '122')}`],
    commentKeys: [],
  };
  page.roles.set(person.id, { tasks: input.tasks ?? [...allTasks], removed: false });
  state.pages.set(id, page);
  return page;
}

/** The Pages on which a person holds a role now, in the order of their making. */
export function pagesOf(state: State, person: Person): Page[] {
  return [...state.pages.values()].filter(page => tasksOf(page, person.id).length > 0);
}

/** The Pages which the app may see of a person: those with a role that were picked in the last login. */
export function visiblePagesOf(state: State, person: Person): Page[] {
  return pagesOf(state, person).filter(page => !person.pickedPages || person.pickedPages.includes(page.id));
}

/** What a person may do on a Page; empty without a role. */
export function tasksOf(page: Page, personId: string): string[] {
  const role = page.roles.get(personId);
  return role && !role.removed ? role.tasks : [];
}
