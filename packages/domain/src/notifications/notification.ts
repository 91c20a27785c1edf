import type { Uuid } from '../ids.ts';

/**
 * expiring: an end lies ahead, or has come. dead: the page stopped working. recovered: it works again. deaf: it gets no
 * events any more. heard: it gets them again. moved: another tenant has it. taken_over: it was another tenant's.
 * blocked: Facebook keeps it from sending. staff_entered: somebody of ours looks into the organization.
 */
export type NotificationKind =
  | 'expiring'
  | 'dead'
  | 'recovered'
  | 'deaf'
  | 'heard'
  | 'moved'
  | 'taken_over'
  | 'blocked'
  | 'staff_entered';

export interface NotificationDetail {
  /** Where it is about one. */
  page_name?: string;
  /** In words: what is the matter, and what to do about it. */
  detail: string;
  fix?: string;
}

/** A notification that is to be sent, with what the mail needs. */
export interface WaitingNotification {
  id: Uuid;
  kind: NotificationKind;
  rung: number;
  email: string;
  detail: NotificationDetail;
  slug: string;
  organization: string;
}
