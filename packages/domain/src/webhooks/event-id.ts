import type { Change } from '@pagekeeper/facebook/webhook-payload';
import { type Uuid, uuidOfHex } from '../ids.ts';
import type { Vault } from '../vault/vault.ts';

const latest = 2 ** 48 - 1;

type Identified = Pick<Change, 'pageId' | 'kind' | 'identity' | 'time'>;

/**
 * The change's own id: 48 bits of the time inside it in milliseconds (0 where it has none), then a keyed hash of page,
 * kind and what identifies it. However Meta sends a change again, the id is the same: the primary key deduplicates.
 * The form is that of a uuid of version 8 (RFC 9562).
 */
export function eventIdOf(vault: Vault, change: Identified): Uuid {
  const time = Math.min(Math.max(change.time?.getTime() ?? 0, 0), latest);
  const bytes = vault.hash('webhook event', change.pageId, change.kind, ...change.identity);
  bytes.writeUIntBE(time, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidOfHex(bytes.toString('hex', 0, 16));
}

/** The last ten bytes of an event's id: all that is not its time. Finds an event of which one knows what it is about. */
export const eventHashOf = (vault: Vault, change: Omit<Identified, 'time'>): Buffer =>
  Buffer.from(
    eventIdOf(vault, { ...change, time: null })
      .replaceAll('-', '')
      .slice(12),
    'hex',
  );
