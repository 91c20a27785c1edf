import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { DomainError } from '@pagekeeper/domain/errors';
import { HeldBytes } from './held-bytes.ts';

/**
 * Inflated bytes: a thousand changes, Meta's most in one delivery, of a kilobyte each. Meta writes each letter that is
 * not Latin in six bytes or more, so that a thousand long texts of such letters are too large, and refused.
 */
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

/**
 * The whole body, inflated.
 * @throws BodyRefused 413 over the limit, 415 for another encoding, 400 for a broken one
 * @throws DomainError `unavailable` while others hold too much
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const decode = decoders.get(encoding);
  if (!decode && encoding !== 'identity') throw new BodyRefused(415);
  const held = new HeldBytes();
  try {
    const raw = await readRaw(request, held);
    return decode ? await inflated(raw, decode, held) : raw;
  } finally {
    held.set(0);
  }
}

const noRoom = () => new DomainError('unavailable', 'The deliveries that are being read hold too much.');

async function inflated(raw: Buffer, decode: Decode, held: HeldBytes): Promise<Buffer> {
  if (!held.set(raw.length + maxBytes)) throw noRoom();
  try {
    return await decode(raw, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new BodyRefused((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? 413 : 400);
  }
}

const empty = Buffer.alloc(0);

function readRaw(request: IncomingMessage, held: HeldBytes): Promise<Buffer> {
  const whole = Number(request.headers['content-length']);
  return new Promise((resolve, reject) => {
    /** Null once there is no room for it: what follows is thrown away. */
    let body: Buffer | null = empty;
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      const start = bytes;
      bytes += chunk.length;
      // Nearly always: all of it at once, copied nowhere, and not to be waited for.
      if (chunk.length === whole) body = chunk;
      else if (bytes > maxReadBytes) {
        request.pause();
        reject(new BodyRefused(413));
      } else if (body) {
        body = withRoom(body, bytes, held);
        if (body) chunk.copy(body, start);
      }
    });
    request.on('end', () => {
      if (bytes > maxBytes) reject(new BodyRefused(413));
      else if (!body) reject(noRoom());
      else resolve(body.length === bytes ? body : body.subarray(0, bytes));
    });
    // Also of a connection that breaks off.
    request.on('error', () => reject(new BodyRefused(400)));
  });
}

/**
 * The buffer, or one of twice its size that begins alike: pieces of one byte shall not cost an object each. It grows
 * with what came, whatever the sender says will come. Null where there is no room.
 */
function withRoom(buffer: Buffer, bytes: number, held: HeldBytes): Buffer | null {
  if (bytes <= buffer.length) return buffer;
  const size = Math.max(bytes, Math.min(2 * buffer.length, maxBytes));
  if (size > maxBytes || !held.set(size)) {
    held.set(0);
    return null;
  }
  // Memory of its own: a piece of a shared buffer keeps all of it alive, for as long as the sender likes.
  const larger = Buffer.allocUnsafeSlow(size);
  buffer.copy(larger);
  return larger;
}
