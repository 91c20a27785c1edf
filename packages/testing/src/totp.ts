import { createHmac } from 'node:crypto';

/** The code that an authenticator app shows for this secret (RFC 6238: SHA-1, six digits, thirty seconds). */
export function totp(totpUri: string, at = Date.now()): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', secretIn(totpUri)).update(counter).digest();
  const offset = digest.at(-1)! & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The shared secret of an `otpauth:` address, base32 there. */
export function secretIn(totpUri: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of new URL(totpUri).searchParams.get('secret')!.replaceAll('=', '')) {
    bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g)!.map(byte => Number.parseInt(byte, 2)));
}
