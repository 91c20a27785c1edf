import type { Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Sealed } from '../vault/sealed.ts';

/**
 * claimed: ours to send, nothing is under way. sending: committed before the call, so a crash cannot hide one.
 * unknown: it may have been sent; never resent blindly. The others are final.
 */
export const replyStates = ['claimed', 'sending', 'sent', 'rejected', 'unknown', 'shadow', 'skipped'] as const;

export type ReplyState = (typeof replyStates)[number];

/** How an answer goes out: under the comment, as a message to its author, or into the thread. */
export const replyKinds = ['public_comment', 'private_comment', 'message'] as const;

export type ReplyKind = (typeof replyKinds)[number];

/** The one automatic answer to a message or comment, or the reason why there is none. */
export class Reply extends TenantModel {
  static override tableName = 'replies';
  static override sealedColumns = ['text'];

  declare id: Uuid;
  declare integration_id: Uuid;
  /** The event it answers. */
  declare event_id: Uuid;
  declare page_id: string;
  /** The last part of the comment's id, or the message's mid. Unique with the page: at most one reply. */
  declare source_id: string;
  declare kind: ReplyKind;
  declare state: ReplyState;
  declare rule: string | null;
  declare reason: string;
  declare sent_id: string | null;
  declare attempts: number;
  declare sending_at: Date | null;
  declare finished_at: Date | null;
  declare thread_hash: Buffer | null;
  /** What is or would be sent. */
  declare text: Sealed | null;
  declare created_at: Date;
}

/** Where a reply's text is sealed. */
export const textOf = (replyId: Uuid) => ({ table: 'replies', column: 'text', rowId: replyId }) as const;
