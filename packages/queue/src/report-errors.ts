import type { Log } from '@pagekeeper/runtime/log';
import { faultCode } from './errors.ts';
import { withoutContents } from './failure.ts';

const quietMs = 10_000;
const maxKinds = 50;

export type ReportError = (error: unknown) => void;

/**
 * A listener for the `error` events of connections and workers. During an outage they come by the thousand: each
 * kind is logged at most every 10 s, with the number of those that were left out.
 */
export function createErrorReport(log: Log, source: string): ReportError {
  const kinds = new Map<string, { quietUntil: number; suppressed: number }>();
  return error => {
    const code = faultCode(error);
    const now = Date.now();
    const kind = kinds.get(code);
    if (kind && now < kind.quietUntil) {
      kind.suppressed += 1;
      return;
    }
    if (kinds.size >= maxKinds) kinds.clear();
    kinds.set(code, { quietUntil: now + quietMs, suppressed: 0 });
    log.warn({ source, code, suppressed: kind?.suppressed ?? 0, err: withoutContents(error, null) }, 'queue error');
  };
}
