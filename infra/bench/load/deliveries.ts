import { createHmac, createSecretKey } from 'node:crypto';

/** What a series of deliveries is made from: the same series gives the same bytes in every process. */
export interface Series {
  /** Tells series apart, so that no two hold the same change. */
  id: string;
  pageIds: readonly string[];
  /** The time in the first change; the others follow as if they came at `changesPerMs`. */
  startMs: number;
}

export const bodyBytes = 1_024;
const changesPerMs = 10;

/** The body of one delivery with one change: a message, of exactly 1,024 bytes. */
export function deliveryBody({ id, pageIds, startMs }: Series, index: number): string {
  const pageId = pageIds[index % pageIds.length]!;
  const time = startMs + Math.floor(index / changesPerMs);
  const person = `77${String(index % 5_003).padStart(14, '0')}`;
  // Meta's message ids are about this long.
  const mid = `m_${id}_${String(index).padStart(9, '0')}`.padEnd(120, 'Zx3kQ9_vB7');
  const start = `{"object":"page","entry":[{"id":"${pageId}","time":${time},"messaging":[{"sender":{"id":"${person}"},"recipient":{"id":"${pageId}"},"timestamp":${time},"message":{"mid":"${mid}","text":"`;
  const end = '"}}]}]}';
  return `${start}${'Is the shop open on Sunday? '.repeat(40).slice(0, bodyBytes - start.length - end.length)}${end}`;
}

/** Signed HTTP requests, ready to be written to a socket: nothing is computed while the clock runs. */
export function buildRequests(series: Series, count: number, appSecret: string, port: number): Buffer[] {
  const key = createSecretKey(appSecret, 'utf8');
  const requests: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const body = deliveryBody(series, index);
    const signature = createHmac('sha256', key).update(body).digest('hex');
    requests.push(
      Buffer.from(
        `POST /webhooks/facebook HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      ),
    );
  }
  return requests;
}
