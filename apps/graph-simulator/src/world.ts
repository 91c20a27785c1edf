import type { Log } from '@pagekeeper/runtime/log';
import type { Usage } from './graph/usage.ts';
import type { Ledger } from './state/ledger.ts';
import type { AppSettings, State } from './state/state.ts';
import type { Courier } from './webhooks/courier.ts';
import type { Emitter } from './webhooks/emitter.ts';

/** All that a request can touch. One per simulator, passed as an argument. */
export interface World {
  state: State;
  settings: AppSettings & { seed: string };
  ledger: Ledger;
  usage: Usage;
  courier: Courier;
  emitter: Emitter;
  log: Log;
  /** Notes that the state changed, so that it is kept. */
  changed: () => void;
}
