import type { Uuid } from '../ids.ts';

// Arrays as Postgres itself sends and reads them (array_recv): node-postgres passes a Buffer on as it is. As text, every
// byte would be written in hex, escaped, searched for quotes and parsed again, here and in Postgres.

export const byteaArray = (values: readonly (Uint8Array | null)[]): Buffer => encode(17, values);

export const textArray = (values: readonly (string | null)[]): Buffer =>
  encode(
    25,
    values.map(value => (value === null ? null : Buffer.from(value))),
  );

export const uuidArray = (values: readonly Uuid[]): Buffer => encode(2950, values.map(bytesOfUuid));

export const int4Array = (values: readonly number[]): Buffer => encode(23, values.map(bytesOfInt4));

// Slices, as a replacement by pattern costs twice as much.
const bytesOfUuid = (id: Uuid): Buffer =>
  Buffer.from(id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24), 'hex');

function bytesOfInt4(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** One dimension, counted from 1; each value behind its length, which is -1 for null. `oid` is the elements' type. */
function encode(oid: number, values: readonly (Uint8Array | null)[]): Buffer {
  const header = [1, 1, oid, values.length, 1];
  let at = header.length * 4;
  const buffer = Buffer.allocUnsafe(values.reduce((size, value) => size + 4 + (value?.length ?? 0), at));
  header.forEach((word, index) => {
    buffer.writeInt32BE(word, index * 4);
  });
  for (const value of values) {
    buffer.writeInt32BE(value?.length ?? -1, at);
    at += 4;
    if (!value) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}
