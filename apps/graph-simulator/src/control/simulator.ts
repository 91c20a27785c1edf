import { z } from 'zod';
import { resetSecret } from '../people/person-events.ts';
import { nowMs } from '../state/clock.ts';
import { createState } from '../state/state.ts';
import type { World } from '../world.ts';
import { control } from './control.ts';

const seconds = z.number().int().min(-10_000_000_000).max(10_000_000_000);
const url = z.url({ protocol: /^https?$/ }).nullable();

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
      return describeClock(world);
    },
  }),

  control({
    method: 'patch',
    path: '/app',
    body: z.strictObject({
      callback_url: url.optional(),
      deauthorize_url: url.optional(),
      proof: z.enum(['off', 'required']).optional(),
      exchange: z.enum(['unchanged', 'extended']).optional(),
      omit_expires_in: z.boolean().optional(),
      empty_accounts_page: z.boolean().optional(),
      human_agent: z.boolean().optional(),
      allowance: z
        .strictObject({ app: z.number().int().min(1), page: z.number().int().min(1) })
        .partial()
        .optional(),
    }),
    handle: (world, { body }) => {
      const { app } = world.state;
      app.callbackUrl = body.callback_url === undefined ? app.callbackUrl : body.callback_url;
      app.deauthorizeUrl = body.deauthorize_url === undefined ? app.deauthorizeUrl : body.deauthorize_url;
      app.proof = body.proof ?? app.proof;
      app.exchange = body.exchange ?? app.exchange;
      app.omitExpiresIn = body.omit_expires_in ?? app.omitExpiresIn;
      app.emptyAccountsPage = body.empty_accounts_page ?? app.emptyAccountsPage;
      app.humanAgent = body.human_agent ?? app.humanAgent;
      app.allowance = {
        app: body.allowance?.app ?? app.allowance.app,
        page: body.allowance?.page ?? app.allowance.page,
      };
      return summarize(world);
    },
  }),

  control({
    method: 'post',
    path: '/app/events',
    body: z.strictObject({ type: z.literal('secret_reset'), secret: z.string().min(8).max(200) }),
    handle: (world, { body }) => ({ tokens_killed: resetSecret(world.state, body.secret) }),
  }),
];

function summarize({ state, ledger, emitter }: World) {
  const { app } = state;
  return {
    app_id: app.id,
    app_secret: app.secret,
    verify_token: app.verifyToken,
    callback_url: app.callbackUrl,
    deauthorize_url: app.deauthorizeUrl,
    app_fields: app.fields,
    knobs: {
      proof: app.proof,
      exchange: app.exchange,
      omit_expires_in: app.omitExpiresIn,
      empty_accounts_page: app.emptyAccountsPage,
      human_agent: app.humanAgent,
      allowance: app.allowance,
    },
    clock: { offset_seconds: state.clockOffsetSeconds, virtual_at: new Date(nowMs(state)).toISOString() },
    counts: {
      people: state.people.size,
      pages: state.pages.size,
      tokens: state.tokens.size,
      comments: state.comments.size,
      threads: state.threads.size,
      faults: state.faults.length,
      changes: emitter.recorded.length,
      ledger: ledger.entries.length,
      last_sequence: ledger.lastSequence,
      waiting_changes: emitter.pending.changes,
      waiting_retries: emitter.pending.retries,
    },
  };
}

function describeClock({ state }: World) {
  return { offset_seconds: state.clockOffsetSeconds, virtual_at: new Date(nowMs(state)).toISOString() };
}

/** Back to the start: same app, same seed, nobody in it. */
function reset(world: World) {
  world.state = createState(world.settings.seed, world.settings);
  world.emitter.clear();
  world.ledger.clear();
  world.usage.clear();
  return summarize(world);
}
