import type { GraphError } from '@pagekeeper/facebook/graph-error';

/** What a failed send means for the reply. */
export type SendFailure =
  /** It may have been sent: found out, never resent blindly. A private reply is sent again after a while. */
  | { type: 'unknown'; afterSeconds: number; reason: string }
  /** Something was done, and not what was asked for: no look would tell more. */
  | { type: 'given_up'; reason: string }
  /** Facebook refused this one and nothing was sent: tried again after a while. */
  | { type: 'retry'; afterSeconds: number; reason: string }
  /** Nothing may be sent for a while: by this page, or by our whole app. `check`: its token is looked at. */
  | {
      type: 'pause';
      scope: 'page' | 'app';
      waitMs: number;
      check: boolean;
      counts: boolean;
      /** Facebook keeps the page from sending: people are told. */
      isBlock?: boolean;
      reason: string;
    }
  /** It was answered before. */
  | { type: 'done'; reason: string }
  | { type: 'rejected'; reason: string };

/** How often a reply in doubt is tried, and one that is refused for what a check of the token looks at. */
export const maxAttempts = 5;
/** Permissions are refused for one comment too, of a page whose token is fine: it must not stop the page for long. */
const maxForbidden = 3;
/** Facebook, or the way to it, may be ill for hours: nothing was sent, and an answer is still wanted then. */
const backoffSeconds = [5, 30, 120, 600, 1_800, 3_600, 3_600, 3_600, 3_600, 3_600];
export const maxRetries = backoffSeconds.length + 1;

const minute = 60_000;
const hour = 60 * minute;
/** Hours, since trying again prolongs a block. */
export const blockedMs = 6 * hour;
/** Facebook's code for the second private reply to one comment. */
const alreadyReplied = 10900;
/** Facebook's code for a text that it takes for a duplicate. */
const duplicateText = 506;

/** Why an event waits whose answer is in doubt. */
export const waitsForProof = 'It is found out whether it was answered.';

/** How a reply ends of which nobody will ever know. */
export const reasonOfDoubt = (detail: string): string => `It may have been sent and is not sent again. ${detail}`;

/** Whether Facebook says that the same words stand there already: proof of an earlier try, where there was one. */
export const isDuplicate = ({ code }: GraphError): boolean => code === duplicateText;

/** The reaction to each outcome. @param attempts failures of this event so far, this one included */
export function settleFailure(error: GraphError, attempts: number): SendFailure {
  const reason = `Facebook: ${error.message}`;
  const afterSeconds = Math.max(backoffSeconds[attempts - 1] ?? 3_600, Math.ceil((error.waitMs ?? 0) / 1_000));
  // Facebook has answered, with something else than a reply: its words must not be changed once more.
  if (error.sentMaybe && error.outcome === 'PERMANENT') return { type: 'given_up', reason: reasonOfDoubt(reason) };
  if (error.sentMaybe) return { type: 'unknown', afterSeconds, reason };
  const rejected = { type: 'rejected', reason: `${reason} (tried ${attempts} times)` } as const;
  switch (error.outcome) {
    case 'ALREADY_DONE':
      // The other one (506) takes the text for a duplicate: nothing was sent, and the same text never will be.
      return { type: error.code === alreadyReplied ? 'done' : 'rejected', reason };
    case 'REAUTH':
    case 'USER_ACTION':
    case 'PERMISSION':
      if (attempts >= (error.outcome === 'PERMISSION' ? maxForbidden : maxAttempts)) return rejected;
      return { type: 'pause', scope: 'page', waitMs: attempts * minute, check: true, counts: true, reason };
    case 'BLOCKED':
      if (attempts >= maxAttempts) return rejected;
      return { type: 'pause', scope: 'page', waitMs: blockedMs, check: false, counts: true, isBlock: true, reason };
    case 'THROTTLED_APP':
      return { type: 'pause', scope: 'app', waitMs: error.waitMs ?? 5 * minute, check: false, counts: false, reason };
    case 'THROTTLED_PAGE':
    case 'THROTTLED_USER':
      return { type: 'pause', scope: 'page', waitMs: error.waitMs ?? 5 * minute, check: false, counts: false, reason };
    case 'CONFIG':
      // Ours to mend, and no event's fault: until the window closes.
      return {
        type: 'pause',
        scope: 'page',
        waitMs: Math.min(minute * 2 ** (attempts - 1), hour),
        check: false,
        counts: true,
        reason,
      };
    case 'TRANSIENT':
    case 'AMBIGUOUS':
      if (attempts >= maxRetries) return rejected;
      return { type: 'retry', afterSeconds, reason };
    default:
      return { type: 'rejected', reason };
  }
}
