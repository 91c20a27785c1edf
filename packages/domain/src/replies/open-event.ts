import { describeIncoming, type Incoming } from '@pagekeeper/facebook/webhook-payload';
import type { Context } from '../context.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from '../vault/organization-key.ts';
import { VaultError } from '../vault/vault.ts';
import { payloadOf, type WebhookEvent } from '../webhooks/webhook-event.ts';

/** An event with its content. */
export interface OpenedEvent {
  row: WebhookEvent;
  /** The stored payload does not open. */
  damaged: boolean;
  incoming: Incoming | null;
  /** The conversation it belongs to, in hex; null for what belongs to none. */
  thread: string | null;
}

/** A payload that does not open is `damaged`: it ends with that reason, and the others go on. */
export async function openEvent(tx: TenantTx, vault: Context['vault'], row: WebhookEvent): Promise<OpenedEvent> {
  const thread = row.thread_hash?.toString('hex') ?? null;
  try {
    const key = await dataKeyOf(tx, vault, row.payload);
    const payload = JSON.parse(vault.openBytes(key, payloadOf(row.id), row.payload).toString());
    return { row, thread, damaged: false, incoming: describeIncoming(row.kind, payload) };
  } catch (error) {
    if (error instanceof VaultError || error instanceof SyntaxError) {
      return { row, thread, damaged: true, incoming: null };
    }
    throw error;
  }
}
