import type { Series } from './deliveries.ts';

/** What the generator is to send; prepared before the clock starts. */
export type Work =
  | { type: 'deliveries'; series: Series; count: number; appSecret: string }
  /** One of these a connection, over and over. */
  | { type: 'gets'; requests: readonly { path: string; credentials: Credentials; body: string }[] };

/** How a request says who sends it: one header. */
export type Credentials = `Cookie: ${string}` | `Authorization: Bearer ${string}`;

export interface Order {
  port: number;
  connections: number;
  seconds: number;
  work: Work;
}

export interface LoadResult {
  /** Requests that were answered with 200 and the right body. All of them, or the run is refused. */
  answers: number;
  /** From the first request to the last answer. */
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** How much of one core the generator itself took. */
  generatorCpu: number;
}

export type Reply = { result: LoadResult } | { error: string };
