import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Secret } from '@pagekeeper/runtime/secret';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../src/ids.ts';
import { type KeyRing, parseKeyRing } from '../src/vault/key-ring.ts';
import { Sealed } from '../src/vault/sealed.ts';
import { keyIdOf, type Place, Vault } from '../src/vault/vault.ts';

const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);
const systemKeys = () => ({ hash: randomBytes(32), personal: randomBytes(32) });
const vault = new Vault(ring, systemKeys());
const organization = newId();
const key = vault.unwrap(vault.createDataKey(organization));
const place: Place = { table: 'facebook_logins', column: 'access_token', rowId: newId() };

describe('a sealed value', () => {
  it('opens where it was sealed', () => {
    const sealed = vault.seal(key, place, new Secret('EAAB-token'));
    expect(vault.open(key, place, sealed).reveal()).toBe('EAAB-token');
  });

  it('is different every time', () => {
    const texts = new Set(
      Array.from({ length: 10_000 }, () => vault.seal(key, place, new Secret('same')).bytes().toString('hex')),
    );
    expect(texts.size).toBe(10_000);
  });

  it('does not open in another row, column, table or tenant', () => {
    const sealed = vault.seal(key, place, new Secret('token'));
    const other = vault.unwrap(vault.createDataKey(newId()));
    expect(() => vault.open(key, { ...place, rowId: newId() }, sealed)).toThrow(/changed or moved/);
    expect(() => vault.open(key, { ...place, column: 'page_access_token' }, sealed)).toThrow(/changed or moved/);
    expect(() => vault.open(key, { ...place, table: 'replies' }, sealed)).toThrow(/changed or moved/);
    expect(() => vault.open(other, place, sealed)).toThrow(/another key/);
    const disguised = { ...key, organizationId: other.organizationId };
    expect(() => vault.open(disguised, place, sealed)).toThrow(/changed or moved/);
  });

  it('does not open once a single byte was changed', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, flip) => {
        const bytes = Buffer.from(vault.seal(key, place, new Secret(text)).bytes());
        bytes[at % bytes.length]! ^= flip;
        expect(() => vault.open(key, place, Sealed.fromBytes(bytes))).toThrow();
      }),
    );
  });

  it('names its key', () => {
    expect(keyIdOf(vault.seal(key, place, new Secret('x')))).toBe(key.id);
  });

  it('prints as [sealed], and so does a secret', () => {
    for (const value of [vault.seal(key, place, new Secret('canary')), new Secret('canary')]) {
      expect([String(value), JSON.stringify(value), inspect(value), `${value}`]).toEqual([
        '[sealed]',
        '"[sealed]"',
        '[sealed]',
        '[sealed]',
      ]);
    }
  });
});

describe('the key ring', () => {
  it('unwraps with any key and wraps with the first', () => {
    const older: KeyRing = parseKeyRing(`old:${randomBytes(32).toString('base64')}`);
    const wrapped = new Vault(older, systemKeys()).createDataKey(organization);
    const both = new Vault([ring[0], older[0]], systemKeys());
    expect(both.unwrap(wrapped).bytes).toHaveLength(32);
    expect(both.createDataKey(organization).kek_id).toBe('k1');
  });

  it('does not unwrap another organization’s data key', () => {
    const wrapped = vault.createDataKey(organization);
    expect(() => vault.unwrap({ ...wrapped, organization_id: newId() })).toThrow(/not the one/);
  });

  it('says in a sentence what is wrong with PAGEKEEPER_KEYS, without the key', () => {
    const good = randomBytes(32).toString('base64');
    for (const text of ['', 'k1', `:${good}`, `K 1:${good}`, 'k1:c2hvcnQ=', `k1:${good},k1:${good}`]) {
      expect(() => parseKeyRing(text)).toThrow(/^(entry \d+ needs|the key)/);
      expect(() => parseKeyRing(text)).not.toThrow(new RegExp(good.slice(0, 10).replaceAll(/[+/]/g, '.')));
    }
  });
});

describe('the keyed hash', () => {
  it('keeps the borders between its parts', () => {
    expect(vault.hash('ab', 'c').equals(vault.hash('a', 'bc'))).toBe(false);
    expect(vault.hash('ab', 'c').equals(vault.hash('ab', 'c'))).toBe(true);
  });

  it('is another one under another key', () => {
    expect(vault.hash('x').equals(new Vault(ring, systemKeys()).hash('x'))).toBe(false);
  });
});
