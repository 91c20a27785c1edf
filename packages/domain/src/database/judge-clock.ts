import { failed, type Judgement, warning, well } from '../judgement.ts';
import { clockSkew } from './examine-server.ts';

/** @param aheadMs how far the database's clock is ahead of this machine's */
export function judgeClock(aheadMs: number): Judgement {
  const skewMs = Math.abs(Math.round(aheadMs));
  const detail = `${skewMs.toLocaleString('en')} ms between this machine and the database`;
  const fix = 'Let NTP set both clocks: above 30 s a queue in Postgres runs jobs twice.';
  if (skewMs > clockSkew.refuseMs) return failed(detail, fix);
  return skewMs > clockSkew.warnMs ? warning(detail, fix) : well(detail);
}
