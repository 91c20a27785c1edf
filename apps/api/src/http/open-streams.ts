import { DomainError, OverLimit } from '@pagekeeper/domain/errors';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';

const maxOfOwner = 20;
/** Of one person or API key, in all organizations: whoever is in many does not take every place. */
const maxOfReader = 10;
const maxInProcess = 500;

/** When a reader who comes back finds a place again, as far as one can know. */
const retryAfterSeconds = 60;

const tooMany = (why: string, points: number) =>
  new OverLimit(why, { name: 'streams', points, seconds: retryAfterSeconds }, retryAfterSeconds);

export interface OpenStream {
  /** Aborted when it must end: the process stops, or its time is up. */
  signal: AbortSignal;
  close(): void;
}

/** The streams that this process holds open. */
export class OpenStreams {
  readonly #lifetimeMs: number;
  readonly #places = new Map<AbortController, { owner: string; reader: string }>();
  #isStopping = false;

  constructor(lifetimeMs = 15 * 60_000) {
    this.#lifetimeMs = lifetimeMs;
  }

  /**
   * @param owner an organization's id
   * @param reader what the person or API key is told from others by
   * @throws OverLimit when one of them has too many open, DomainError `unavailable` when the process has
   */
  open(owner: string, reader: string): OpenStream {
    if (this.#isStopping || this.#places.size >= maxInProcess) {
      throw new DomainError('unavailable', 'There is no place for another stream here. Try again in a moment.');
    }
    const places = [...this.#places.values()];
    if (places.filter(other => other.owner === owner).length >= maxOfOwner) {
      throw tooMany(`An organization may have ${maxOfOwner} streams open.`, maxOfOwner);
    }
    if (places.filter(other => other.reader === reader).length >= maxOfReader) {
      throw tooMany(`You may have ${maxOfReader} streams open, in all organizations.`, maxOfReader);
    }
    const controller = new AbortController();
    this.#places.set(controller, { owner, reader });
    const timer = setTimeout(() => controller.abort(), this.#lifetimeMs).unref();
    const close = () => {
      clearTimeout(timer);
      this.#places.delete(controller);
      controller.abort();
    };
    return { signal: controller.signal, close };
  }

  get count(): number {
    return this.#places.size;
  }

  /** Ends them all, and takes no more. */
  stop(): void {
    this.#isStopping = true;
    for (const controller of this.#places.keys()) controller.abort();
  }
}

export function showStreams(metrics: Metrics, streams: OpenStreams): void {
  metrics.gauge({
    name: 'pagekeeper_open_streams',
    help: 'Streams of events that readers hold open.',
    read: gauge => gauge.set(streams.count),
  });
}
