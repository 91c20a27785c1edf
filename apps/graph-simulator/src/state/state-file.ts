import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AppSettings } from '../app/app.ts';
import { turnKnobs } from '../app/knobs.ts';
import type { State } from './state.ts';
import { createState } from './state.ts';

/** The state of the last run, or an empty one. What the settings say about the app wins over the file. */
export function loadState(path: string | null, seed: string, settings: AppSettings): State {
  const fresh = createState(seed, settings);
  if (!path || !existsSync(path)) return fresh;
  const kept = JSON.parse(readFileSync(path, 'utf8'), revive) as State;
  const { id, secret, verifyToken, callbackUrl } = fresh.app;
  const knobs = turnKnobs(fresh.app.knobs, { ...kept.app.knobs });
  const app = { ...fresh.app, ...kept.app, id, secret, verifyToken, knobs };
  const state = { ...fresh, ...kept, app: { ...app, callbackUrl: callbackUrl ?? kept.app.callbackUrl } };
  complete(state);
  state.indexes.fill(state);
  return state;
}

/** Gives what an older simulator has written the fields that came later. */
function complete(state: State): void {
  const inEach = (things: Map<string, object>, usual: object) => {
    for (const thing of things.values()) Object.assign(thing, { ...usual, ...thing });
  };
  inEach(state.people, { kind: 'person', business: null, appRole: null, checkpoint: null, dataAccessExpiresAt: 0 });
  for (const person of state.people.values()) person.expired ??= [];
  inEach(state.pages, { restriction: null, commentsBlockedUntilMs: 0 });
  for (const page of state.pages.values()) {
    page.latelyWritten ??= [];
    page.privateRepliesAtMs ??= [];
  }
  inEach(state.tokens, { parent: null });
  inEach(state.codes, { lifetime: 'short' });
  inEach(state.customers, { reachable: 'yes', hasAppRole: false });
  inEach(state.comments, { media: null });
  inEach(state.threads, { ownerAppId: null });
  for (const [number, fault] of state.faults.entries()) fault.number ??= number;
}

/** Keeps the state in a file: a moment after each change, and when asked to. Without a path it does nothing. */
export class StateFile {
  readonly #path: string | null;
  readonly #read: () => State;
  #timer: NodeJS.Timeout | undefined;
  #tookMs = 0;

  constructor(path: string | null, read: () => State) {
    this.#path = path;
    this.#read = read;
  }

  /** Notes a change; many changes make one write. A large state is written less often than a small one. */
  changed(): void {
    if (!this.#path || this.#timer) return;
    this.#timer = setTimeout(() => this.flush(), Math.max(200, this.#tookMs * 20));
    this.#timer.unref();
  }

  /** Writes now. The file is replaced whole, so a crash leaves the old one and never half of the new. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#path) return;
    const startedAt = Date.now();
    mkdirSync(dirname(this.#path), { recursive: true });
    // It holds tokens, even if only simulated ones.
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#read(), replace), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#tookMs = Date.now() - startedAt;
  }
}

function replace(key: string, value: unknown): unknown {
  if (key === 'indexes') return undefined;
  return value instanceof Map ? { $map: [...value] } : value;
}

function revive(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('$map' in value)) return value;
  return new Map(value.$map as [unknown, unknown][]);
}
