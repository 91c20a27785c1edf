import { z } from 'zod';
import { putPerson, visiblePagesOf } from '../people/people.ts';
import { applyPersonEvent, personEventSchema } from '../people/person-events.ts';
import type { Page, Person, State } from '../state/state.ts';
import { grant, mintPageToken, mintUserToken } from '../tokens/mint.ts';
import { postDeauthorization } from '../webhooks/signed-request.ts';
import { ControlError, control, found } from './control.ts';

const id = z.string().regex(/^\d{1,30}$/, 'must be a decimal id');
const name = z.string().min(1).max(200);
const words = z.array(z.string().regex(/^\w{1,60}$/)).max(50);

export const peopleControls = [
  control({
    method: 'post',
    path: '/people',
    status: 201,
    body: z.strictObject({
      id: id.optional(),
      name,
      scopes: words.optional(),
      pages: z
        .array(z.strictObject({ id: id.optional(), name, category: name.optional(), tasks: words.optional() }))
        .max(1000)
        .default([]),
    }),
    handle: ({ state }, { body }) => {
      const { person, pages } = putPerson(state, body);
      return { id: person.id, name: person.name, pages: pages.map(page => ({ id: page.id, name: page.name })) };
    },
  }),

  control({
    method: 'get',
    path: '/people',
    handle: ({ state }) => ({ data: [...state.people.values()].map(person => describePerson(state, person)) }),
  }),

  control({
    method: 'post',
    path: '/people/:person/tokens',
    status: 201,
    body: z.strictObject({
      lifetime: z.enum(['short', 'long', 'never']).default('long'),
      scopes: words.optional(),
      page_ids: z.array(id).optional(),
      app_id: id.optional(),
    }),
    handle: ({ state }, { params, body }) => {
      const person = findPerson(state, params.person!);
      grant(state, person, body.scopes ?? person.scopes, body.page_ids ?? null);
      const { lifetime, app_id } = body;
      const token = mintUserToken(state, person, { lifetime, ...(app_id ? { appId: app_id } : {}) });
      const pages = visiblePagesOf(state, person).map(page => ({
        page_id: page.id,
        page_name: page.name,
        page_category: page.category,
        page_url: page.url,
        page_access_token: mintPageToken(state, token, page).value,
      }));
      return { user_id: person.id, user_token: token.value, expires_at: token.expiresAt, pages };
    },
  }),

  control({
    method: 'post',
    path: '/people/:person/events',
    body: personEventSchema,
    handle: async ({ state }, { params, body }) => {
      const person = findPerson(state, params.person!);
      if ('page_id' in body && !state.pages.has(body.page_id))
        throw new ControlError(404, `There is no page ${body.page_id}.`);
      const tokens_killed = applyPersonEvent(state, person, body);
      if (body.type !== 'deauthorize') return { tokens_killed };
      return { tokens_killed, callback_status: await postDeauthorization(state, person.id) };
    },
  }),

  control({
    method: 'get',
    path: '/pages',
    handle: ({ state }) => ({ data: [...state.pages.values()].map(page => describePage(state, page)) }),
  }),
];

function findPerson(state: State, personId: string): Person {
  return found(state.people.get(personId), 'person', personId);
}

function describePerson(state: State, person: Person) {
  const pages = [...state.pages.values()].flatMap(page => {
    const role = page.roles.get(person.id);
    return role ? [{ id: page.id, name: page.name, tasks: role.tasks, role_removed: role.removed }] : [];
  });
  return {
    id: person.id,
    name: person.name,
    scopes: person.scopes,
    granted: person.granted,
    picked_pages: person.pickedPages,
    checkpointed: person.checkpointed,
    pages,
  };
}

function describePage(state: State, page: Page) {
  const people = [...page.roles].map(([personId, role]) => ({
    id: personId,
    name: state.people.get(personId)?.name ?? '',
    tasks: role.tasks,
    role_removed: role.removed,
  }));
  return {
    id: page.id,
    name: page.name,
    category: page.category,
    url: page.url,
    post_ids: page.postIds,
    subscribed_fields: page.subscribedFields,
    comments: page.commentKeys.length,
    people,
  };
}
