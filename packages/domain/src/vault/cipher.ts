import { randomFillSync } from 'node:crypto';
import sodium from 'libsodium-wrappers';

await sodium.ready;

export const nonceBytes = 24;

/**
 * XChaCha20-Poly1305-IETF. Returns nonce, ciphertext and tag in one buffer, with room for `header` in front.
 * @param associatedData what the value is bound to; opening needs the same text
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associatedData: string, header: Uint8Array): Buffer {
  const nonce = nextNonce();
  // A Buffer, as sodium's own way from text to bytes takes as long as the cipher.
  const bound = Buffer.from(associatedData);
  const encrypted = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, bound, null, nonce, key);
  const sealed = Buffer.allocUnsafe(header.length + nonceBytes + encrypted.length);
  sealed.set(header, 0);
  sealed.set(nonce, header.length);
  sealed.set(encrypted, header.length + nonceBytes);
  return sealed;
}

/** @throws Error when the key or the place is another, or a byte was changed */
export function decrypt(key: Uint8Array, sealed: Uint8Array, associatedData: string, headerBytes: number): Buffer {
  const nonce = sealed.subarray(headerBytes, headerBytes + nonceBytes);
  const encrypted = sealed.subarray(headerBytes + nonceBytes);
  const bound = Buffer.from(associatedData);
  const opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, encrypted, bound, nonce, key);
  return Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
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
