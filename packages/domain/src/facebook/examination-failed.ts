import type { GraphResult } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { Secret } from '@pagekeeper/runtime/secret';

/** What became of the person's token: stored whatever else of a check fails, since Facebook gave it. */
export interface Renewal {
  /** An exchange was tried: not again before some hours. */
  exchangeTried: boolean;
  /** A token whose end lies days later than the old one's: the only success of an exchange. */
  renewed: { token: Secret; expiresAt: Date | null } | null;
}

/** A failed call of ours: says nothing about the tenant. */
export class ExaminationFailed extends Error {
  readonly graphError: GraphError;
  /** What became of the person's token before the call failed. */
  renewal: Renewal | null = null;

  constructor(error: GraphError) {
    super(error.message);
    this.name = 'ExaminationFailed';
    this.graphError = error;
  }
}

/** Whether an error is Facebook's word on a token, and not a failure of ours. */
export const saysSomethingOfTheToken = ({ outcome }: GraphError): boolean =>
  ['REAUTH', 'USER_ACTION', 'PERMISSION', 'PERMANENT'].includes(outcome);

/** The value, or {@link ExaminationFailed}. */
export function valueOrFail<T>(result: GraphResult<T>): T {
  if (result.ok) return result.value;
  throw new ExaminationFailed(result.error);
}

/** A failure that is nobody's but ours: the app throttled, its secret wrong. */
export const isOfTheApp = ({ outcome }: GraphError): boolean => outcome === 'THROTTLED_APP' || outcome === 'CONFIG';

/**
 * Refuses to go on where a round of reads failed for all, or in a way that is nobody's but ours.
 * @param options.onlyOfTheApp what failed for all is no reason: without it enough is known
 * @throws ExaminationFailed
 */
export function refuseOurFailure(results: readonly GraphResult<unknown>[], { onlyOfTheApp = false } = {}): void {
  const errors = results.flatMap(result => (result.ok ? [] : [result.error]));
  const ours = errors.find(isOfTheApp);
  if (ours) throw new ExaminationFailed(ours);
  if (!onlyOfTheApp && errors.length > 0 && errors.length === results.length) throw new ExaminationFailed(errors[0]!);
}
