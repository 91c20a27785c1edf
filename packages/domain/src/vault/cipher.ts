import { randomFillSync } from 'node:crypto';
import wrappers from 'libsodium-wrappers';

await wrappers.ready;

/**
 * libsodium as it was compiled. Words are addresses in its memory, null where there is nothing; a length is two words, of
 * which the second is 0 below 4 GB.
 */
interface Libsodium {
  /** Its memory; another view once that has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _crypto_aead_xchacha20poly1305_ietf_encrypt: Call;
  _crypto_aead_xchacha20poly1305_ietf_decrypt: Call;
}

type Word = number | null;
type Call = (...words: [Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word]) => number;

// The wrappers allocate memory for each argument of each call, which takes longer than the cipher (measured).
const { libsodium } = wrappers as unknown as { libsodium: Libsodium };

const keyBytes = 32;
export const nonceBytes = 24;
const tagBytes = 16;

/**
 * XChaCha20-Poly1305-IETF. Returns nonce, ciphertext and tag in one buffer, with room for `header` in front.
 * @param associatedData what the value is bound to; opening needs the same text
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associatedData: string, header: Uint8Array): Buffer {
  const nonce = nextNonce();
  const bound = Buffer.from(associatedData);
  const { length } = plaintext;
  const at = place(key, nonce, bound, plaintext);
  // In place: the ciphertext, longer by the tag, takes the text's.
  const failed = libsodium._crypto_aead_xchacha20poly1305_ietf_encrypt(
    at.text,
    null,
    at.text,
    length,
    0,
    at.bound,
    bound.length,
    0,
    null,
    at.nonce,
    at.key,
  );
  if (failed) throw new Error('The value cannot be sealed.');
  const sealed = Buffer.allocUnsafe(header.length + nonceBytes + length + tagBytes);
  sealed.set(header, 0);
  sealed.set(nonce, header.length);
  sealed.set(libsodium.HEAPU8.subarray(at.text, at.text + length + tagBytes), header.length + nonceBytes);
  return sealed;
}

/** @throws Error when the key or the place is another, or a byte was changed */
export function decrypt(key: Uint8Array, sealed: Uint8Array, associatedData: string, headerBytes: number): Buffer {
  const nonce = sealed.subarray(headerBytes, headerBytes + nonceBytes);
  const encrypted = sealed.subarray(headerBytes + nonceBytes);
  const bound = Buffer.from(associatedData);
  const { length } = encrypted;
  const at = place(key, nonce, bound, encrypted);
  const refused = libsodium._crypto_aead_xchacha20poly1305_ietf_decrypt(
    at.text,
    null,
    null,
    at.text,
    length,
    0,
    at.bound,
    bound.length,
    0,
    at.nonce,
    at.key,
  );
  if (refused) throw new Error('The value does not open.');
  return Buffer.from(libsodium.HEAPU8.subarray(at.text, at.text + length - tagBytes));
}

/** Memory of libsodium's for the arguments of one call: as much as the longest text so far has needed. */
let room = { address: 0, bytes: 0 };

function place(key: Uint8Array, nonce: Uint8Array, bound: Uint8Array, text: Uint8Array) {
  if (key.length !== keyBytes) throw new Error(`A key has ${keyBytes} bytes, not ${key.length}.`);
  const bytes = keyBytes + nonceBytes + bound.length + text.length + tagBytes;
  if (bytes > room.bytes) room = moreRoom(bytes);
  const at = {
    key: room.address,
    nonce: room.address + keyBytes,
    bound: room.address + keyBytes + nonceBytes,
    text: room.address + keyBytes + nonceBytes + bound.length,
  };
  const memory = libsodium.HEAPU8;
  memory.set(key, at.key);
  memory.set(nonce, at.nonce);
  memory.set(bound, at.bound);
  memory.set(text, at.text);
  return at;
}

function moreRoom(bytes: number): typeof room {
  const enough = Math.max(bytes, 4_096, 2 * room.bytes);
  const address = libsodium._malloc(enough);
  // At 0 is libsodium's own memory.
  if (address === 0) throw new Error(`libsodium has no memory for ${enough} bytes.`);
  if (room.bytes > 0) libsodium._free(room.address);
  return { address, bytes: enough };
}

// One system call for 256 nonces: asking the system for 24 bytes at a time costs as much as the cipher (measured).
const pool = Buffer.alloc(nonceBytes * 256);
let used = pool.length;

function nextNonce(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const nonce = pool.subarray(used, used + nonceBytes);
  used += nonceBytes;
  return nonce;
}
