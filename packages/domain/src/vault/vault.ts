import { hash, randomBytes } from 'node:crypto';
import { Secret } from '@pagekeeper/runtime/secret';
import { LRUCache } from 'lru-cache';
import { assertUuid, newId, nilId, type Uuid, uuidOfHex } from '../ids.ts';
import { decrypt, encrypt } from './cipher.ts';
import type { KeyEncryptionKey, KeyRing } from './key-ring.ts';
import { Sealed } from './sealed.ts';

/** An organization's data key, unwrapped. Lives in memory only. */
export interface DataKey {
  readonly id: Uuid;
  readonly organizationId: Uuid;
  readonly bytes: Uint8Array;
}

/** A data key as `organization_keys` holds it. */
export interface WrappedKey {
  id: Uuid;
  organization_id: Uuid;
  kek_id: string;
  wrapped: Uint8Array;
}

/** Where a sealed value stands. Moved anywhere else it does not open. */
export interface Place {
  table: string;
  column: string;
  rowId: Uuid;
}

/** The value was changed or moved, or its data key is destroyed. Names the place, no content. */
export class VaultError extends Error {
  override name = 'VaultError';
}

/** This process lacks the key-encryption key, or has another by its name: its operator's fault, and no value's. */
export class KeyUnavailableError extends Error {
  override name = 'KeyUnavailableError';
}

/**
 * Seals and opens columns. A sealed value is: version (1 byte), data key id (16), nonce (24), ciphertext, tag (16);
 * version, organization, table, column, row id and key id are authenticated with it.
 */
export class Vault {
  readonly #ring: KeyRing;
  readonly #hashKey: string;
  /** Seals what belongs to a person and to no organization. */
  readonly personalKey: DataKey;
  // Bounded in number and age: a destroyed organization's key leaves the memory of every process by itself.
  readonly #dataKeys = new LRUCache<string, DataKey>({ max: 20_000, ttl: 5 * 60_000 });

  constructor(ring: KeyRing, systemKeys: { hash: Uint8Array; personal: Uint8Array }) {
    this.#ring = ring;
    this.#hashKey = Buffer.from(systemKeys.hash).toString('hex');
    this.personalKey = { id: nilId, organizationId: nilId, bytes: systemKeys.personal };
  }

  /** The id of the key-encryption key that wraps what is new. */
  get firstKeyId(): string {
    return this.#ring[0].id;
  }

  /** A new data key for an organization, wrapped by the ring's first key. */
  createDataKey(organizationId: Uuid): WrappedKey {
    const id = newId();
    const [kek] = this.#ring;
    const wrapped = wrapKey(kek, randomBytes(32), dataKeyName(organizationId, id));
    return { id, organization_id: organizationId, kek_id: kek.id, wrapped };
  }

  /** A key that was unwrapped in the last minutes. */
  knownKey(id: Uuid, organizationId: Uuid): DataKey | undefined {
    const known = this.#dataKeys.get(id);
    return known?.organizationId === organizationId ? known : undefined;
  }

  /** The usable key behind a wrapped one. Kept for a few minutes. */
  unwrap(row: WrappedKey): DataKey {
    const known = this.knownKey(row.id, row.organization_id);
    if (known) return known;
    const bytes = unwrapKey(this.#ring, row.kek_id, row.wrapped, dataKeyName(row.organization_id, row.id));
    const key = { id: row.id, organizationId: row.organization_id, bytes };
    this.#dataKeys.set(row.id, key);
    return key;
  }

  /** The same data key, wrapped by the ring's first key. */
  rewrap(row: WrappedKey): WrappedKey {
    const name = dataKeyName(row.organization_id, row.id);
    const [kek] = this.#ring;
    const wrapped = wrapKey(kek, unwrapKey(this.#ring, row.kek_id, row.wrapped, name), name);
    return { ...row, kek_id: kek.id, wrapped };
  }

  /** Whether the ring's first key alone opens it. */
  isWrappedByFirst(row: WrappedKey): boolean {
    const [kek] = this.#ring;
    if (row.kek_id !== kek.id) return false;
    unwrapKey([kek], row.kek_id, row.wrapped, dataKeyName(row.organization_id, row.id));
    return true;
  }

  seal(key: DataKey, place: Place, plaintext: Secret | Uint8Array): Sealed {
    const bytes = plaintext instanceof Secret ? Buffer.from(plaintext.reveal()) : plaintext;
    return Sealed.fromBytes(encrypt(key.bytes, bytes, associatedData(key, place), headerOf(key.id)));
  }

  /** @throws VaultError when the value does not belong in this place or to this key */
  open(key: DataKey, place: Place, sealed: Sealed): Secret {
    return new Secret(this.openBytes(key, place, sealed).toString());
  }

  openBytes(key: DataKey, place: Place, sealed: Sealed): Buffer {
    if (keyIdOf(sealed) !== key.id) throw new VaultError(`${describe(place)} is sealed by another key.`);
    try {
      return decrypt(key.bytes, sealed.bytes(), associatedData(key, place), headerBytes);
    } catch {
      throw new VaultError(`${describe(place)} does not open: it was changed or moved.`);
    }
  }

  /**
   * A keyed hash: the same parts give the same 32 bytes, and nobody without the key can guess the parts. Not rotated:
   * deduplication of events rests on it.
   */
  hash(...parts: readonly string[]): Buffer {
    let text = this.#hashKey;
    // Lengths in front keep ('ab', 'c') and ('a', 'bc') apart.
    for (const part of parts) text += `${part.length}:${part}`;
    // SHA-512/256 shows half of its state, so that nobody can go on from a hash to that of a longer text: the key in
    // front is enough, where SHA-256 would need an HMAC at four times the cost. As text, as a digest that comes in a
    // buffer costs more than the hash itself.
    return Buffer.from(hash('sha512-256', text, 'binary'), 'binary');
  }
}

const version = 1;
const headerBytes = 17;

/** The id of the data key that a sealed value needs. */
export function keyIdOf(sealed: Sealed): Uuid {
  const bytes = sealed.bytes();
  if (bytes[0] !== version) throw new VaultError('A sealed value has an unknown version.');
  return uuidOfHex(bytes.toString('hex', 1, headerBytes));
}

const headers = new LRUCache<Uuid, Uint8Array>({ max: 1_000 });

function headerOf(keyId: Uuid): Uint8Array {
  let header = headers.get(keyId);
  if (!header) {
    header = Uint8Array.from(Buffer.from(`0${version}${assertUuid(keyId).replaceAll('-', '')}`, 'hex'));
    headers.set(keyId, header);
  }
  return header;
}

const associatedData = (key: DataKey, place: Place) =>
  `${version}|${key.organizationId}|${place.table}|${place.column}|${place.rowId}|${key.id}`;

const describe = (place: Place) => `${place.table}.${place.column} of ${place.rowId}`;

const dataKeyName = (organizationId: Uuid, id: Uuid) => `data|${organizationId}|${id}`;

/** Wraps a key under its name, so that one cannot be passed off for another. */
export function wrapKey(kek: KeyEncryptionKey, key: Uint8Array, name: string): Buffer {
  return encrypt(kek.bytes, key, `${version}|${kek.id}|${name}`, Buffer.of(version));
}

/** @throws KeyUnavailableError when the ring lacks the key or it is not the one that wrapped */
export function unwrapKey(ring: KeyRing, kekId: string, wrapped: Uint8Array, name: string): Buffer {
  const kek = ring.find(candidate => candidate.id === kekId);
  if (!kek) throw new KeyUnavailableError(`PAGEKEEPER_KEYS lacks the key ${kekId}, which this database needs.`);
  try {
    return decrypt(kek.bytes, wrapped, `${version}|${kek.id}|${name}`, 1);
  } catch {
    throw new KeyUnavailableError(
      `The key ${kekId} in PAGEKEEPER_KEYS is not the one that wrapped "${name.split('|', 2).join(' ')}", or that row was changed.`,
    );
  }
}
