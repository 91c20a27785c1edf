import { toUUID, typeidUnboxed } from 'typeid-js';

declare const uuidBrand: unique symbol;

/** A lower-case uuid. Made by us as version 7, or read from a column of type uuid. */
export type Uuid = string & { readonly [uuidBrand]: true };

/** What a public id names: TypeID prefixes. */
export const idPrefixes = {
  organization: 'org',
  member: 'mem',
  invitation: 'inv',
  api_key: 'key',
  business: 'biz',
  integration: 'int',
  connection: 'fbc',
  event: 'evt',
  reply: 'rep',
  user: 'usr',
  audit_event: 'aud',
  purge: 'pur',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** Before every id of ours, and nobody's. */
export const nilId = '00000000-0000-0000-0000-000000000000' as Uuid;

/** A new uuidv7: sorts by time of creation, so that lists and indexes grow at the end. */
export const newId = (): Uuid => toUUID(typeidUnboxed('')) as Uuid;

/**
 * The id as people and programs see it: `biz_01h…` (TypeID: Crockford's base32 of the 128 bits, two zero bits in
 * front). Written here since a list of 50 encodes 100 of them: many times as fast as the library, same result.
 */
export function publicId(kind: IdKind, id: string): string {
  // Ten bits are two letters: first the zero bits with two digits, then five digits at a time.
  let text = `${idPrefixes[kind]}_${letters[(digit(id, 0) << 4) | digit(id, 1)]}`;
  for (let at = 2; at < 32; at += 5) {
    const bits =
      (digit(id, at) << 16) |
      (digit(id, at + 1) << 12) |
      (digit(id, at + 2) << 8) |
      (digit(id, at + 3) << 4) |
      digit(id, at + 4);
    text += letters[bits >> 10]! + letters[bits & 1_023]!;
  }
  return text;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const letters = [...alphabet].flatMap(first => [...alphabet].map(second => first + second));

/** Where a uuid's 32 digits stand among its hyphens. */
const places = Uint8Array.from({ length: 32 }, (_, at) => at + (at < 8 ? 0 : Math.min((at >> 2) - 1, 4)));
const values = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16));

const digit = (id: string, at: number): number => values[id.charCodeAt(places[at]!)]!;

/** The uuid of 32 digits that stand without hyphens. */
export const uuidOfHex = (hex: string): Uuid =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Uuid;

/** The uuid behind a public id of this kind, or null for anything else. */
export function parsePublicId(kind: IdKind, text: string): Uuid | null {
  if (!text.startsWith(`${idPrefixes[kind]}_`)) return null;
  try {
    const id = toUUID(text as never) as Uuid;
    // The first letter holds three bits; typeid-js drops what is beyond, so that eight texts would name one thing.
    return publicId(kind, id) === text ? id : null;
  } catch {
    return null;
  }
}

/** The smallest id of a moment, for ids that begin with their time in milliseconds: version 7, and those of events. */
export function idAt(moment: Date): Uuid {
  const ms = Math.min(Math.max(moment.getTime(), 0), 2 ** 48 - 1);
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000` as Uuid;
}

/** A new id as if it were made at that moment: for what counts in business time. */
export const newIdAt = (moment: Date): Uuid => `${idAt(moment).slice(0, 13)}${newId().slice(13)}` as Uuid;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Proves that a text may stand in SQL as a uuid literal (the door interpolates it). */
export function assertUuid(text: string): Uuid {
  if (!uuidPattern.test(text)) throw new Error('not a uuid');
  return text as Uuid;
}
