import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Log } from '@pagekeeper/runtime/log';
import type { Stream, Told } from './endpoint.ts';
import type { OpenStreams } from './open-streams.ts';
import { describeProblem } from './problem.ts';

export interface StreamOptions {
  /** The name of its events. */
  name: string;
  streams: OpenStreams;
  /** Who reads it. */
  reader: string;
  /** Whether the sender of the request is still known. @throws DomainError once they are not */
  recheck(): Promise<unknown>;
  log: Log;
  roundMs?: number;
  heartbeatMs?: number;
}

/** How long the rest may take to reach a reader who is slow. */
const farewellMs = 5_000;

/**
 * Sends a stream as server-sent events until its time is up, the reader leaves or may not read any more, or the process
 * stops. One round at a time: while the reader is slow, nothing is asked for and nothing piles up.
 * @throws before the first byte, as the stream's first look and {@link OpenStreams.open}
 */
export async function sendStream(
  request: IncomingMessage,
  response: ServerResponse,
  stream: Stream,
  options: StreamOptions,
): Promise<void> {
  const opened = options.streams.open(stream.owner, options.reader);
  response.once('close', opened.close);
  try {
    if (response.closed) return;
    const first = await stream.look();
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // It ends with its connection; and proxies are to pass on what comes at once.
      Connection: 'close',
      'X-Accel-Buffering': 'no',
    });
    if (request.method !== 'HEAD') await tell(response, stream, first, opened.signal, options);
  } finally {
    opened.close();
    if (response.headersSent) end(response);
  }
}

async function tell(
  response: ServerResponse,
  stream: Stream,
  first: readonly Told[],
  signal: AbortSignal,
  { name, recheck, log, roundMs = 1_000, heartbeatMs = 15_000 }: StreamOptions,
): Promise<void> {
  let events = first;
  let text = `retry: ${roundMs}\n\n`;
  let beatAt = Date.now();
  try {
    for (;;) {
      text += events.map(event => `event: ${name}\nid: ${event.id}\ndata: ${event.text}\n\n`).join('');
      if (text !== '' && !response.write(text)) await once(response, 'drain', { signal });
      await sleep(roundMs, undefined, { signal });
      const isBeat = Date.now() - beatAt >= heartbeatMs;
      if (isBeat) beatAt = Date.now();
      text = isBeat ? ': still here\n\n' : '';
      events = await outages(async () => {
        if (isBeat) await recheck();
        return await stream.look();
      });
    }
  } catch (error) {
    // Who may not read any more is told by the end, as everybody else: the next request says why.
    if (signal.aborted || error instanceof DomainError) return;
    log.error({ err: error }, 'stream failed');
  }
}

/** While the database is away there is nothing to tell; the reader need not know. */
async function outages(look: () => Promise<readonly Told[]>): Promise<readonly Told[]> {
  try {
    return await look();
  } catch (error) {
    if (describeProblem(error).code === 'unavailable') return [];
    throw error;
  }
}

function end(response: ServerResponse): void {
  response.end();
  const timer = setTimeout(() => response.destroy(), farewellMs).unref();
  response.once('close', () => clearTimeout(timer));
}
