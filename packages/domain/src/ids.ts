import { fromUUID, toUUID, typeidUnboxed } from 'typeid-js';

declare const uuidBrand: unique symbol;

/** A lower-case uuid. Made by us as version 7, or read from a column of type uuid. */
export type Uuid = string & { readonly [uuidBrand]: true };

/** What a public id names: TypeID prefixes (api.md). */
export const idPrefixes = {
  organization: 'org',
  membership: 'mem',
  business: 'biz',
  integration: 'int',
  event: 'evt',
  reply: 'rep',
  user: 'usr',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** A new uuidv7: sorts by time of creation, so that lists and indexes grow at the end. */
export const newId = (): Uuid => toUUID(typeidUnboxed('')) as Uuid;

/** The id as people and programs see it: `biz_01h…`. */
export const publicId = (kind: IdKind, id: string): string => fromUUID(id, idPrefixes[kind]);

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

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Proves that a text may stand in SQL as a uuid literal (the door interpolates it). */
export function assertUuid(text: string): Uuid {
  if (!uuidPattern.test(text)) throw new Error('not a uuid');
  return text as Uuid;
}
