import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, nonceBytes } from '../src/vault/cipher.ts';

const key = randomBytes(32);
const place = '1|organization|webhook_events|payload|row é';
const header = Buffer.from('header');

const nonceOf = (sealed: Buffer) => sealed.subarray(header.length, header.length + nonceBytes);
const encryptedOf = (sealed: Buffer) => sealed.subarray(header.length + nonceBytes);

await sodium.ready;

describe('the cipher is libsodium’s own', () => {
  // The last makes the memory of libsodium grow, by which every view of it goes stale.
  it.each([0, 1, 15, 16, 17, 900, 4_096, 70_000, 900, 40_000_000, 900])('for %d bytes', length => {
    const text = randomBytes(length);
    const sealed = encrypt(key, text, place, header);
    const theirs = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text, place, null, nonceOf(sealed), key);
    expect(sealed.subarray(0, header.length).equals(header)).toBe(true);
    expect(encryptedOf(sealed).equals(theirs)).toBe(true);
    const ours = Buffer.concat([sealed.subarray(0, header.length + nonceBytes), theirs]);
    expect(decrypt(key, ours, place, header.length).equals(text)).toBe(true);
  });

  it('keeps what it gave out, whatever comes after', () => {
    const texts = Array.from({ length: 100 }, (_, index) => randomBytes(index * 7));
    const sealed = texts.map(text => encrypt(key, text, place, header));
    const opened = sealed.map(each => decrypt(key, each, place, header.length));
    expect(opened.every((each, index) => each.equals(texts[index]!))).toBe(true);
  });

  it('opens nothing that is cut short, at any length', () => {
    const sealed = encrypt(key, randomBytes(20), place, header);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => decrypt(key, sealed.subarray(0, length), place, header.length)).toThrow('does not open');
    }
  });

  it('takes keys of 32 bytes only', () => {
    for (const length of [0, 31, 33]) {
      expect(() => encrypt(randomBytes(length), randomBytes(5), place, header)).toThrow(/32 bytes/);
    }
  });
});
