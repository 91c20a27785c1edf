import { DomainError, OverLimit } from '@pagekeeper/domain/errors';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';

const maxOfOwner = 20;
const maxInProcess = 500;

/** When a reader who comes back finds a place again, as far as one can know. */
const retryAfterSeconds = 60;

export interface OpenStream {
  /** Aborted when it must end: the process stops, or its time is up. */
  signal: AbortSignal;
  close(): void;
}

/** The streams that this process holds open. */
export class OpenStreams {
  readonly #lifetimeMs: number;
  readonly #owners = new Map<AbortController, string>();
  #isStopping = false;

  constructor(lifetimeMs = 15 * 60_000) {
    this.#lifetimeMs = lifetimeMs;
  }

  /**
   * @param owner an organization's id
   * @throws OverLimit when the owner has too many open, DomainError `unavailable` when the process has
   */
  open(owner: string): OpenStream {
    if (this.#isStopping || this.#owners.size >= maxInProcess) {
      throw new DomainError('unavailable', 'There is no place for another stream here. Try again in a moment.');
    }
    const ofOwner = [...this.#owners.values()].filter(other => other === owner).length;
    if (ofOwner >= maxOfOwner) {
      throw new OverLimit(`An organization may have ${maxOfOwner} streams open.`, retryAfterSeconds);
    }
    const controller = new AbortController();
    this.#owners.set(controller, owner);
    const timer = setTimeout(() => controller.abort(), this.#lifetimeMs).unref();
    const close = () => {
      clearTimeout(timer);
      this.#owners.delete(controller);
      controller.abort();
    };
    return { signal: controller.signal, close };
  }

  get count(): number {
    return this.#owners.size;
  }

  /** Ends them all, and takes no more. */
  stop(): void {
    this.#isStopping = true;
    for (const controller of this.#owners.keys()) controller.abort();
  }
}

export function showStreams(metrics: Metrics, streams: OpenStreams): void {
  metrics.gauge({
    name: 'pagekeeper_open_streams',
    help: 'Streams of events that readers hold open.',
    read: gauge => gauge.set(streams.count),
  });
}
