/** A key-encryption key: wraps data keys, touches no column. */
export interface KeyEncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The first key wraps what is new, every key unwraps. */
export type KeyRing = readonly [KeyEncryptionKey, ...KeyEncryptionKey[]];

const idPattern = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/**
 * Reads `id:base64,id:base64` (32 bytes each).
 * @throws Error with one sentence that names the fault and never a key
 */
export function parseKeyRing(text: string): KeyRing {
  const keys = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1));
  const repeated = keys.find((key, index) => keys.findIndex(other => other.id === key.id) !== index);
  if (repeated) throw new Error(`the key id ${repeated.id} stands twice`);
  return keys as unknown as KeyRing;
}

function parseKey(entry: string, position: number): KeyEncryptionKey {
  const [id = '', encoded = ''] = entry.split(':');
  if (!idPattern.test(id)) throw new Error(`entry ${position} needs an id of a-z, 0-9, _ or - before the colon`);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 32) throw new Error(`the key ${id} must be 32 bytes in base64, it has ${bytes.length}`);
  return { id, bytes };
}
