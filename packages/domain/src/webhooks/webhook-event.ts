import type { ChangeKind } from '@pagekeeper/facebook/webhook-payload';
import type { Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Sealed } from '../vault/sealed.ts';

/** pending: to be worked on. parked: waits for a token that works. The others are done with. */
export const eventStates = ['pending', 'parked', 'processed', 'ignored', 'failed'] as const;

export type EventState = (typeof eventStates)[number];

export const replayModes = ['quiet', 'replies'] as const;

/** One change that Facebook told of, under the change's own id. */
export class WebhookEvent extends TenantModel {
  static override tableName = 'webhook_events';
  static override sealedColumns = ['payload'];

  declare id: Uuid;
  declare integration_id: Uuid;
  /** The page it was sent to. */
  declare page_id: string;
  declare kind: ChangeKind;
  declare person_hash: Buffer | null;
  declare thread_hash: Buffer | null;
  declare payload: Sealed;
  declare received_at: Date;
  declare state: EventState;
  declare attempts: number;
  declare not_before: Date | null;
  declare processed_at: Date | null;
  declare reason: string | null;
  /** Asked for again by people; 'quiet' without replies. */
  declare replay: (typeof replayModes)[number] | null;
}

/** Where an event's payload is sealed. */
export const payloadOf = (eventId: Uuid) => ({ table: 'webhook_events', column: 'payload', rowId: eventId }) as const;
