import { createHmac, createSecretKey } from 'node:crypto';

/** What a series of deliveries is made from: the same series gives the same bytes in every process. */
export interface Series {
  /** Tells series apart, so that no two hold the same change. */
  id: string;
  pageIds: readonly string[];
  /** The time in the first change; the others follow as if they came at `changesPerMs`. */
  startMs: number;
  /** In one delivery, all of one page. */
  changes: number;
}

/** Of a delivery with one change; with more, each adds nearly as much. */
export const bodyBytes = 1_024;
const changesPerMs = 10;

/** The body of one delivery of messages to one page. */
export function deliveryBody(series: Series, index: number): string {
  const { changes, pageIds, startMs } = series;
  const pageId = pageIds[index % pageIds.length]!;
  const first = index * changes;
  const time = startMs + Math.floor(first / changesPerMs);
  const start = `{"object":"page","entry":[{"id":"${pageId}","time":${time},"messaging":[`;
  const end = ']}]}';
  const messageBytes = bodyBytes - start.length - end.length;
  const messages = Array.from({ length: changes }, (_, item) => message(series, pageId, first + item, messageBytes));
  return `${start}${messages.join()}${end}`;
}

function message({ id, startMs }: Series, pageId: string, number: number, bytes: number): string {
  const time = startMs + Math.floor(number / changesPerMs);
  const person = `77${String(number % 5_003).padStart(14, '0')}`;
  // Meta's message ids are about this long.
  const mid = `m_${id}_${String(number).padStart(9, '0')}`.padEnd(120, 'Zx3kQ9_vB7');
  const start = `{"sender":{"id":"${person}"},"recipient":{"id":"${pageId}"},"timestamp":${time},"message":{"mid":"${mid}","text":"`;
  const end = '"}}';
  return `${start}${'Is the shop open on Sunday? '.repeat(40).slice(0, bytes - start.length - end.length)}${end}`;
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
