import type { GraphError } from '@pagekeeper/facebook/graph-error';

/** What a failed send means for the reply. */
export type SendFailure =
  /** It may have been sent: found out, never resent blindly. */
  | { type: 'unknown'; reason: string }
  /** Facebook refused and nothing was sent: tried again after a while. */
  | { type: 'retry'; afterSeconds: number; reason: string; wholePage: boolean }
  /** The page's token is dead: the event waits for a new one. */
  | { type: 'park'; reason: string }
  /** It was answered before. */
  | { type: 'done'; reason: string }
  | { type: 'rejected'; reason: string };

const backoffSeconds = [5, 30, 120, 600];
export const maxAttempts = backoffSeconds.length + 1;

/** The reaction to each outcome (fact sheet 14.1). @param attempts sends so far, this one included */
export function settleFailure(error: GraphError, attempts: number): SendFailure {
  const reason = `Facebook: ${error.message}`;
  if (error.sentMaybe) return { type: 'unknown', reason };
  switch (error.outcome) {
    case 'ALREADY_DONE':
      return { type: 'done', reason };
    case 'REAUTH':
    case 'USER_ACTION':
      return { type: 'park', reason };
    case 'THROTTLED_APP':
    case 'THROTTLED_PAGE':
    case 'THROTTLED_USER':
      return { type: 'retry', afterSeconds: Math.ceil((error.waitMs ?? 300_000) / 1_000), reason, wholePage: true };
    case 'TRANSIENT':
    case 'AMBIGUOUS':
    case 'CONFIG':
      if (attempts >= maxAttempts) return { type: 'rejected', reason: `${reason} (tried ${attempts} times)` };
      return { type: 'retry', afterSeconds: backoffSeconds[attempts - 1] ?? 600, reason, wholePage: false };
    default:
      return { type: 'rejected', reason };
  }
}
