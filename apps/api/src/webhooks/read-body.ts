import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/** Inflated bytes. Meta's own batches of 1,000 changes stay below it. */
const maxBytes = 1_048_576;
/** What is too large is read to here and thrown away: a sender whose connection breaks while it sends hears no 413. */
const maxReadBytes = 16 * maxBytes;

/** The body cannot be taken, with the status that says why. */
export class BodyRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`body refused with ${status}`);
    this.status = status;
  }
}

type Decode = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

// A map: an object would take `Content-Encoding: constructor` for one of its own.
const decoders = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** The whole body, inflated. Rejects with BodyRefused: 413 over the limit, 415 for another encoding, 400 for a broken one. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return readRaw(request);
  const decode = decoders.get(encoding);
  return decode ? readRaw(request).then(raw => inflated(raw, decode)) : Promise.reject(new BodyRefused(415));
}

async function inflated(raw: Buffer, decode: Decode): Promise<Buffer> {
  try {
    return await decode(raw, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new BodyRefused((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? 413 : 400);
  }
}

function readRaw(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else if (bytes > maxReadBytes) {
        request.pause();
        reject(new BodyRefused(413));
      }
    });
    request.on('end', () => {
      if (bytes > maxBytes) reject(new BodyRefused(413));
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    // Also of a connection that breaks off.
    request.on('error', () => reject(new BodyRefused(400)));
  });
}
