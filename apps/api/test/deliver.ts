import { createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Network } from '@pagekeeper/testing/network/network';

export const webhookPath = '/webhooks/facebook';

export interface Answer {
  status: number;
  text: string;
  headers: IncomingMessage['headers'];
}

/** One request on a connection of its own, every byte and header as given. */
export function exchange(
  { apiUrl }: Network,
  method: string,
  url: string,
  headers: OutgoingHttpHeaders = {},
  body?: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(new URL(url, apiUrl), { method, headers, agent: false }, incoming => {
      const chunks: Buffer[] = [];
      incoming.on('data', chunk => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode!, text: Buffer.concat(chunks).toString(), headers: incoming.headers }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export const signatureOf = (body: Buffer | string, secret: string) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** A delivery as Meta sends it: signed, JSON. */
export function deliver(network: Network, body: Buffer | string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  const bytes = Buffer.from(body);
  const signature = signatureOf(bytes, network.appSecret);
  const sent = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': signature, ...headers };
  return exchange(network, 'POST', webhookPath, sent, bytes);
}

/** A connection on which a test says every byte itself, one a character. */
export function openConnection({ apiUrl }: Network) {
  const socket = connect(Number(new URL(apiUrl).port), '127.0.0.1').setEncoding('latin1');
  let heard = '';
  socket.on('data', text => {
    heard += text;
  });
  // The api may cut it: that is seen by what it has said before.
  socket.on('error', () => {});
  return {
    say: (text: string) => socket.write(text, 'latin1'),
    heard: () => heard,
    closed: new Promise(resolve => socket.once('close', resolve)),
    close: () => socket.destroy(),
  };
}

/** The beginning of a delivery that is said by hand. */
export const headOf = (...headers: string[]) =>
  [`POST ${webhookPath} HTTP/1.1`, 'Host: pagekeeper', ...headers, '', ''].join('\r\n');
