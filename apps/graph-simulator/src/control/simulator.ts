import * as z from 'zod';
import { configurationSchema } from '../app/app.ts';
import { knobChangesShape, turnKnobs } from '../app/knobs.ts';
import { resetSecret } from '../people/person-events.ts';
import { nowMs } from '../state/clock.ts';
import { createState } from '../state/state.ts';
import { shakeHands } from '../webhooks/handshake.ts';
import type { World } from '../world.ts';
import { control } from './control.ts';

const seconds = z.number().int().min(-10_000_000_000).max(10_000_000_000);
const url = z.url({ protocol: /^https?$/ }).nullable();

/** What the app's dashboard holds; beside it, `PATCH /app` takes the knobs. */
const settingsShape = {
  name: z.string().min(1).max(200).optional(),
  callback_url: url.optional(),
  deauthorize_url: url.optional(),
  data_deletion_url: url.optional(),
  redirect_uris: z.array(z.string().min(1).max(2000)).max(100).nullable().optional(),
  configurations: z.array(configurationSchema).max(100).optional(),
  include_values: z.boolean().optional(),
};

export const simulatorControls = [
  control({ method: 'get', path: '/', handle: world => summarize(world) }),

  control({ method: 'post', path: '/reset', handle: reset }),

  control({ method: 'get', path: '/clock', handle: world => describeClock(world) }),

  control({
    method: 'post',
    path: '/clock',
    body: z.union([z.strictObject({ advance_seconds: seconds.min(0) }), z.strictObject({ offset_seconds: seconds })]),
    handle: (world, { body }) => {
      const { state } = world;
      if ('advance_seconds' in body) state.clockOffsetSeconds += body.advance_seconds;
      else state.clockOffsetSeconds = body.offset_seconds;
      world.agenda.clockMoved();
      return describeClock(world);
    },
  }),

  control({
    method: 'patch',
    path: '/app',
    body: z.strictObject({ ...settingsShape, ...knobChangesShape }),
    handle: (world, { body }) => {
      const { app } = world.state;
      const given = <Value>(value: Value | undefined, before: Value): Value => (value === undefined ? before : value);
      app.name = given(body.name, app.name);
      app.callbackUrl = given(body.callback_url, app.callbackUrl);
      app.deauthorizeUrl = given(body.deauthorize_url, app.deauthorizeUrl);
      app.dataDeletionUrl = given(body.data_deletion_url, app.dataDeletionUrl);
      app.redirectUris = given(body.redirect_uris, app.redirectUris);
      app.configurations = given(body.configurations, app.configurations);
      app.includeValues = given(body.include_values, app.includeValues);
      app.knobs = turnKnobs(app.knobs, body);
      return summarize(world);
    },
  }),

  control({
    method: 'post',
    path: '/app/events',
    body: z.strictObject({ type: z.literal('secret_reset'), secret: z.string().min(8).max(200) }),
    handle: (world, { body }) => ({ tokens_killed: resetSecret(world.state, body.secret) }),
  }),

  control({
    method: 'post',
    path: '/app/handshake',
    handle: async ({ state }) => {
      const { callbackUrl, verifyToken } = state.app;
      return { fault: callbackUrl ? await shakeHands(state, callbackUrl, verifyToken) : 'No callback URL is set' };
    },
  }),

  control({ method: 'get', path: '/alerts', handle: ({ state }) => ({ data: state.alerts }) }),
];

function summarize(world: World) {
  const { state, ledger, emitter, agenda } = world;
  const { app } = state;
  return {
    app_id: app.id,
    app_name: app.name,
    app_secret: app.secret,
    verify_token: app.verifyToken,
    callback_url: app.callbackUrl,
    deauthorize_url: app.deauthorizeUrl,
    data_deletion_url: app.dataDeletionUrl,
    redirect_uris: app.redirectUris,
    configurations: app.configurations,
    app_fields: app.fields,
    include_values: app.includeValues,
    knobs: app.knobs,
    clock: describeClock(world),
    revision: world.revision,
    counts: {
      people: state.people.size,
      pages: state.pages.size,
      tokens: state.tokens.size,
      comments: state.comments.size,
      threads: state.threads.size,
      faults: state.faults.length,
      alerts: state.alerts.length,
      changes: emitter.total,
      ledger: ledger.entries.length,
      last_sequence: ledger.lastSequence,
      waiting_changes: emitter.pending.changes,
      waiting_retries: emitter.pending.retries,
      // Nothing happens by itself when this is 0, until the clock moves.
      under_way: emitter.pending.underWay + (agenda.isDue ? 1 : 0),
    },
  };
}

function describeClock({ state }: World) {
  return { offset_seconds: state.clockOffsetSeconds, virtual_at: new Date(nowMs(state)).toISOString() };
}

/** Back to the start: same app, same seed, nobody in it. */
function reset(world: World) {
  world.state = createState(world.settings.seed, world.settings);
  world.agenda.clear();
  world.health.clear();
  world.emitter.clear();
  world.ledger.clear();
  world.usage.clear();
  return summarize(world);
}
