import type { Fault, ThrottleFault } from '../faults/fault.ts';
import { nowMs } from '../state/clock.ts';
import type { State } from '../state/state.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Graph shows usage only after enough calls.
const shownFromPercent = 5;

/** Percentages of an allowance, as the usage headers give them. They can pass 100. */
export interface Percentages {
  call_count: number;
  total_time: number;
  total_cputime: number;
}

/** Counts calls per app and hour and per Page and day of the virtual clock. */
export class Usage {
  readonly #counts = new Map<string, { window: number; calls: number }>();

  /** Counts one call and tells how much of each allowance is used. */
  count(state: State, pageId: string | null): { app: number; page: number } {
    const app = this.#add('app', Math.floor(nowMs(state) / hourMs));
    const page = pageId ? this.#add(pageId, Math.floor(nowMs(state) / dayMs)) : 0;
    const { allowance } = state.app;
    return { app: Math.floor((app * 100) / allowance.app), page: Math.floor((page * 100) / allowance.page) };
  }

  clear(): void {
    this.#counts.clear();
  }

  #add(key: string, window: number): number {
    const counted = this.#counts.get(key);
    const calls = counted?.window === window ? counted.calls + 1 : 1;
    this.#counts.set(key, { window, calls });
    return calls;
  }
}

/** The throttle that usage itself causes: none below 100 percent. */
export function throttleOf(used: { app: number; page: number }, endpoint: string): ThrottleFault | null {
  if (used.page >= 100) {
    return { type: 'throttle', code: endpoint === 'messages' ? 80006 : 80001, minutes: 60, percent: used.page };
  }
  return used.app >= 100 ? { type: 'throttle', code: 4, minutes: 60, percent: used.app } : null;
}

/** The usage headers of one answer: from the counts, or as a fault dictates. Absent while usage is trivial. */
export function usageHeaders(
  state: State,
  used: { app: number; page: number },
  about: { pageId: string | null; endpoint: string },
  faults: readonly Fault[],
): Record<string, string> {
  let app = used.app >= shownFromPercent ? evenly(used.app) : null;
  let page = used.page >= shownFromPercent ? evenly(used.page) : null;
  let regainMinutes = used.page >= 100 ? 60 : 0;
  for (const { fault, hits, throttledUntilMs } of faults) {
    if (fault.type === 'usage') {
      app = fault.app ?? app;
      page = fault.page ?? page;
    } else if (fault.type === 'throttle') {
      // Each call made while throttled counts, so the number keeps climbing past 100.
      const climbing = evenly(fault.percent + hits - 1);
      if (isPageCode(fault.code)) page = climbing;
      else app = climbing;
      regainMinutes = Math.max(0, Math.ceil(((throttledUntilMs ?? 0) - nowMs(state)) / 60_000));
    }
  }
  const type = about.endpoint === 'messages' ? 'messenger' : 'pages';
  const business = page && about.pageId && [{ type, ...page, estimated_time_to_regain_access: regainMinutes }];
  return {
    ...(app ? { 'x-app-usage': JSON.stringify(app) } : {}),
    ...(business ? { 'x-business-use-case-usage': JSON.stringify({ [about.pageId!]: business }) } : {}),
  };
}

const isPageCode = (code: number) => code === 32 || code >= 80_000;

const evenly = (percent: number): Percentages => ({
  call_count: percent,
  total_time: Math.floor(percent * 0.9),
  total_cputime: Math.floor(percent * 0.8),
});
