import * as z from 'zod';
import { noteEvent } from '../people/note-event.ts';
import { createSystemUser, pagesOf, putPerson, visiblePagesOf } from '../people/people.ts';
import type { PersonEvent } from '../people/person-events.ts';
import { applyPersonEvent, personEventSchema } from '../people/person-events.ts';
import { nowMs } from '../state/clock.ts';
import type { Page, Person, Token } from '../state/entities.ts';
import { tokenHash } from '../state/ledger.ts';
import type { State } from '../state/state.ts';
import { logIn, mintPageToken, mintUserToken } from '../tokens/mint.ts';
import { judgeToken } from '../tokens/verdict.ts';
import type { CallbackKind } from '../webhooks/signed-request.ts';
import { callbackKinds, callbackModes, postCallback } from '../webhooks/signed-request.ts';
import type { World } from '../world.ts';
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
      app_role: z.enum(['admin', 'developer', 'tester']).nullable().optional(),
      pages: z
        .array(
          z.strictObject({
            id: id.optional(),
            name,
            category: name.optional(),
            tasks: words.optional(),
            via_business: z.boolean().optional(),
          }),
        )
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
      /** A system user of the person's business logs in; `long` is then sixty days. */
      system_user: z.boolean().default(false),
      scopes: words.optional(),
      page_ids: z.array(id).optional(),
      app_id: id.optional(),
    }),
    handle: (world, { params, body }) => {
      const { state } = world;
      const human = findPerson(state, params.person!);
      const chosen = pagesOf(state, human).filter(page => !body.page_ids || body.page_ids.includes(page.id));
      const person = body.system_user ? createSystemUser(state, human, chosen) : human;
      const scopes = body.scopes ?? person.scopes;
      const asked = [...person.granted, ...scopes];
      const pickedPages = body.system_user ? person.pickedPages : (body.page_ids ?? null);
      noteEvent(world, person, { event: 'login_elsewhere', detail: { scopes, page_ids: pickedPages } }, () =>
        logIn(state, person, { asked, granted: scopes, pickedPages, renewsDataAccess: true }),
      );
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
    method: 'get',
    path: '/people/:person/tokens',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(10_000).default(100) }),
    handle: ({ state }, { params, query }) => {
      const tokens = state.indexes.tokensOf(findPerson(state, params.person!));
      return { data: tokens.slice(-query.limit).map(token => describeToken(state, token)) };
    },
  }),

  control({
    method: 'post',
    path: '/people/:person/events',
    body: personEventSchema,
    handle: async (world, { params, body }) => {
      const { state } = world;
      const person = findPerson(state, params.person!);
      if ('page_id' in body && !state.pages.has(body.page_id))
        throw new ControlError(404, `There is no page ${body.page_id}.`);
      const { type: event, ...detail } = body;
      const tokens_killed = noteEvent(world, person, { event, detail }, () => applyPersonEvent(state, person, body));
      return { tokens_killed, ...(await tellApp(world, person, body)) };
    },
  }),

  control({
    method: 'post',
    path: '/people/:person/callbacks',
    body: z.strictObject({ kind: z.enum(callbackKinds), mode: z.enum(callbackModes).default('ok') }),
    handle: ({ state }, { params, body }) =>
      postCallback(state, body.kind, findPerson(state, params.person!).id, body.mode),
  }),

  control({
    method: 'get',
    path: '/pages/:page',
    handle: ({ state }, { params }) => describePage(state, found(state.pages.get(params.page!), 'page', params.page!)),
  }),

  control({
    method: 'get',
    path: '/pages',
    handle: ({ state }) => ({ data: [...state.pages.values()].map(page => describePage(state, page)) }),
  }),
];

/** Removing the app and asking for deletion are told to the app: now, or after a while of the virtual clock. */
async function tellApp({ state, agenda }: World, person: Person, event: PersonEvent) {
  if (event.type !== 'deauthorize' && event.type !== 'data_deletion') return {};
  const kind: CallbackKind = event.type;
  const delaySeconds = event.type === 'deauthorize' ? (event.callback_after_seconds ?? 0) : 0;
  if (delaySeconds === 0) return await postCallback(state, kind, person.id);
  agenda.at(nowMs(state) + delaySeconds * 1000, () => void postCallback(state, kind, person.id));
  return { callback_status: null };
}

/** A token as the ledger of tokens shows it: everything but the token. */
function describeToken(state: State, token: Token) {
  return {
    hash: tokenHash(token.value),
    type: token.type,
    app_id: token.appId,
    user_id: token.personId,
    page_id: token.pageId,
    scopes: token.scopes,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    data_access_expires_at: token.dataAccessExpiresAt,
    dead: judgeToken(state, token),
  };
}

function findPerson(state: State, personId: string): Person {
  return found(state.people.get(personId), 'person', personId);
}

function describePerson(state: State, person: Person) {
  const pages = [...state.indexes.pagesOf(person.id)].map(page => {
    const role = page.roles.get(person.id)!;
    return { id: page.id, name: page.name, tasks: role.tasks, role_removed: role.removed };
  });
  return {
    id: person.id,
    name: person.name,
    kind: person.kind,
    app_role: person.appRole,
    scopes: person.scopes,
    granted: person.granted,
    asked: person.asked,
    picked_pages: person.pickedPages,
    checkpointed: person.checkpoint !== null,
    checkpoint: person.checkpoint,
    data_access_expires_at: person.dataAccessExpiresAt,
    pages,
  };
}

function describePage(state: State, page: Page) {
  const people = [...page.roles].map(([personId, role]) => {
    const person = state.people.get(personId);
    return {
      id: personId,
      name: person?.name ?? '',
      kind: person?.kind ?? 'person',
      tasks: role.tasks,
      role_removed: role.removed,
      checkpoint: person?.checkpoint ?? null,
      granted: person?.granted ?? [],
    };
  });
  return {
    id: page.id,
    name: page.name,
    category: page.category,
    url: page.url,
    post_ids: page.postIds,
    subscribed_fields: page.subscribedFields,
    restriction: page.restriction,
    comments: state.indexes.countComments(page),
    people,
  };
}
