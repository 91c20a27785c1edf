import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDatabaseUnavailable } from '@pagekeeper/domain/database/errors';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Inbox } from '@pagekeeper/domain/webhooks/inbox';
import { isSignature, verifyWebhookSignature } from '@pagekeeper/facebook/signatures';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import type { Log } from '@pagekeeper/runtime/log';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import type { Secret } from '@pagekeeper/runtime/secret';
import { requestIdOf } from '../http/request-log.ts';
import { countDeliveries } from './delivery-metrics.ts';
import { hasTooMuchStructure } from './json-structure.ts';
import { onceASecond } from './once-a-second.ts';
import { BodyRefused, readBody } from './read-body.ts';

export interface ReceiveOptions {
  inbox: Inbox;
  appSecrets: readonly Secret[];
  log: Log;
  metrics: Metrics;
}

type Receive = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Takes deliveries in front of Express (which costs more than everything here together): signature over the raw bytes
 * before anything is parsed, and 200 only for what is committed. Refusals have no body.
 */
export function createReceiveWebhooks({ inbox, appSecrets, log, metrics }: ReceiveOptions): Receive {
  const counts = countDeliveries(metrics, inbox);
  const onCut = (left: number) => log.warn({ left }, 'delivery cut');
  const sayNotStored = onceASecond((error, more) => {
    const known = error instanceof DomainError || isDatabaseUnavailable(error);
    log[known ? 'warn' : 'error']({ err: error, more }, 'delivery not stored; Facebook sends it again');
  });
  const accept = async (request: IncomingMessage): Promise<number> => {
    try {
      // Two such headers arrive joined by a comma, which no signature has.
      const signature = request.headers['x-hub-signature-256'];
      // Nothing is kept for whoever has none: Node throws a body away that nobody reads.
      if (!isSignature(signature)) return 401;
      const body = await readBody(request);
      if (!verifyWebhookSignature(body, signature, appSecrets)) {
        counts.wronglySigned();
        return 401;
      }
      const changes = parseDelivery(parseJson(body), onCut);
      // Signed, and not about pages: nothing that sending it again would change.
      if (changes) await inbox.accept(changes);
      return 200;
    } catch (error) {
      if (error instanceof BodyRefused) return error.status;
      sayNotStored(error);
      return 503;
    }
  };
  return async (request, response) => {
    const startedAt = performance.now();
    const status = await accept(request);
    const requestId = request.headers['x-request-id'];
    if (requestId !== undefined) response.setHeader('X-Request-Id', requestIdOf(requestId));
    answer(response, status);
    counts.answered(status, startedAt);
  };
}

function answer(response: ServerResponse, status: number): void {
  if (status === 503) response.setHeader('Retry-After', '5');
  // What is left unread would be taken for the next request.
  if (status === 413) response.setHeader('Connection', 'close');
  const text = status === 200 ? 'EVENT_RECEIVED' : '';
  // With its length the answer is one write; without it, four chunks.
  response.writeHead(status, {
    'Content-Type': 'text/plain',
    'Content-Length': text.length,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}

function parseJson(body: Buffer): unknown {
  if (hasTooMuchStructure(body)) throw new BodyRefused(413);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BodyRefused(400);
  }
}
