import type { Page, Person } from '../state/entities.ts';
import { nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import { allTasks, defaultScopes } from './scopes.ts';

export interface PersonInput {
  id?: string | undefined;
  name: string;
  scopes?: string[] | undefined;
  app_role?: Person['appRole'] | undefined;
  pages: {
    id?: string | undefined;
    name: string;
    category?: string | undefined;
    tasks?: string[] | undefined;
    via_business?: boolean | undefined;
  }[];
}

/**
 * Creates a person with roles on Pages, or adds to the one with this id. A Page that exists already keeps what it
 * has and gets one more admin.
 */
export function putPerson(state: State, input: PersonInput): { person: Person; pages: Page[] } {
  const id = input.id ?? nextId(state, 'person', '122');
  const person = state.people.get(id) ?? newPerson(id, input.name);
  person.name = input.name;
  if (input.scopes) person.scopes = [...input.scopes];
  if (input.app_role !== undefined) person.appRole = input.app_role;
  state.people.set(id, person);
  return { person, pages: input.pages.map(page => putPage(state, person, page)) };
}

function newPerson(id: string, name: string): Person {
  return {
    id,
    name,
    kind: 'person',
    business: null,
    appRole: null,
    scopes: [...defaultScopes],
    granted: [],
    asked: [],
    expired: [],
    pickedPages: null,
    checkpoint: null,
    dataAccessExpiresAt: 0,
  };
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
    restriction: null,
    commentsBlockedUntilMs: 0,
    latelyWritten: [],
    privateRepliesAtMs: [],
  };
  state.pages.set(id, page);
  giveRole(state, person, page, input.tasks ?? [...allTasks], input.via_business);
  return page;
}

/** Gives a person a role on a Page, or changes it. */
export function giveRole(state: State, person: Person, page: Page, tasks: string[], viaBusiness = false): void {
  page.roles.set(person.id, { tasks, removed: false, viaBusiness });
  state.indexes.addRole(person.id, page);
}

/** The business portfolio of a person, made when it is first needed. */
export function businessOf(state: State, person: Person): NonNullable<Person['business']> {
  person.business ??= { id: nextId(state, 'business', '175'), name: `Business of ${person.name}` };
  return person.business;
}

/**
 * A system user of a person's business, with the person's roles on these Pages: whose token lives on when the person's
 * dies.
 */
export function createSystemUser(state: State, person: Person, pages: readonly Page[]): Person {
  const business = businessOf(state, person);
  const made = { ...newPerson(nextId(state, 'system user', '615'), `System user of ${business.name}`), business };
  const systemUser: Person = { ...made, kind: 'system_user', pickedPages: pages.map(page => page.id) };
  state.people.set(systemUser.id, systemUser);
  for (const page of pages) giveRole(state, systemUser, page, tasksOf(page, person.id));
  return systemUser;
}

/** The Pages on which a person holds a role now. */
export function pagesOf(state: State, person: Person): Page[] {
  return [...state.indexes.pagesOf(person.id)].filter(page => tasksOf(page, person.id).length > 0);
}

/** The Pages which the app may see of a person: those with a role that were picked in the last login. */
export function visiblePagesOf(state: State, person: Person): Page[] {
  const picked = person.pickedPages && new Set(person.pickedPages);
  const seesBusinesses = person.kind === 'system_user' || person.granted.includes('business_management');
  return pagesOf(state, person).filter(
    page => (!picked || picked.has(page.id)) && (seesBusinesses || !page.roles.get(person.id)?.viaBusiness),
  );
}

/** What a person may do on a Page; empty without a role. */
export function tasksOf(page: Page, personId: string): string[] {
  const role = page.roles.get(personId);
  return role && !role.removed ? role.tasks : [];
}
