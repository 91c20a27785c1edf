import type { App, AppSettings } from '../app/app.ts';
import { createApp } from '../app/app.ts';
import type { Fault } from '../faults/fault.ts';
import type { Alert, Comment, Customer, LoginCode, Page, Person, Thread, Token } from './entities.ts';
import { Indexes } from './indexes.ts';

/** Everything the simulator knows and a restart keeps. Plain data, but for the indexes, which are made anew. */
export interface State {
  seed: string;
  counters: Map<string, number>;
  clockOffsetSeconds: number;
  app: App;
  people: Map<string, Person>;
  pages: Map<string, Page>;
  tokens: Map<string, Token>;
  codes: Map<string, LoginCode>;
  /** Each customer under three keys: by PSID, by the id in comments, and by name. */
  customers: Map<string, Customer>;
  /** Keyed by the last segment of the comment id, since Meta writes ids both whole and bare. */
  comments: Map<string, Comment>;
  threads: Map<string, Thread>;
  faults: Fault[];
  alerts: Alert[];
  indexes: Indexes;
}

/** An empty world for one app. The same seed and the same calls give the same ids and tokens. */
export function createState(seed: string, settings: AppSettings): State {
  return {
    seed,
    counters: new Map(),
    clockOffsetSeconds: 0,
    app: createApp(settings),
    people: new Map(),
    pages: new Map(),
    tokens: new Map(),
    codes: new Map(),
    customers: new Map(),
    comments: new Map(),
    threads: new Map(),
    faults: [],
    alerts: [],
    indexes: new Indexes(),
  };
}
