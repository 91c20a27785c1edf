import type { Log } from '@pagekeeper/runtime/log';
import type { AppSettings } from './app/app.ts';
import type { Usage } from './graph/usage.ts';
import type { Agenda } from './state/agenda.ts';
import type { Ledger } from './state/ledger.ts';
import type { State } from './state/state.ts';
import type { Courier } from './webhooks/courier.ts';
import type { Emitter } from './webhooks/emitter.ts';
import type { Health } from './webhooks/health.ts';

/** All that a request can touch. One per simulator, passed as an argument. */
export interface World {
  state: State;
  settings: AppSettings & { seed: string };
  /** Grows with every change, so that whoever watches knows when to look. */
  revision: number;
  ledger: Ledger;
  usage: Usage;
  agenda: Agenda;
  courier: Courier;
  health: Health;
  emitter: Emitter;
  log: Log;
  /** Notes that the state changed, so that it is kept. */
  changed: () => void;
}
