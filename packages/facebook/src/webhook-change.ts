/** What a change is about. Whatever is none of these is `unknown`: stored, counted and left alone. */
export const changeKinds = [
  'comment.add',
  'comment.edit',
  'comment.remove',
  'comment.hide',
  'comment.unhide',
  'post',
  'reaction',
  'mention',
  'message',
  'message.echo',
  'message.edit',
  'message.reaction',
  'message.delivery',
  'message.read',
  'postback',
  'referral',
  'optin',
  'handover',
  'standby',
  'policy',
  'unknown',
] as const;

export type ChangeKind = (typeof changeKinds)[number];

/** One change of a delivery: the unit that is stored, deduplicated and answered. */
export interface Change {
  pageId: string;
  kind: ChangeKind;
  /** The time inside the change, never that of the delivery; null where it has none. */
  time: Date | null;
  /**
   * What makes this change the same one when it comes again, alone or in another batch. To be read together with
   * page, kind and time; for edits and for what has no id of its own it contains a hash of the content.
   */
  identity: string[];
  /** Who did it: a page-scoped id in messaging, another kind of id in comments. Null where Meta withholds it. */
  personId: string | null;
  /** Messaging: the person's page-scoped id. Comments: the top-level comment, as its last id segment. */
  threadId: string | null;
  /** The single item of `changes`, `messaging` or `standby` as it came; null if it was nested too deep to keep. */
  payload: unknown;
}

/** What the readers find in one item. */
export type Reading = Pick<Change, 'kind' | 'time' | 'identity' | 'personId' | 'threadId'>;
