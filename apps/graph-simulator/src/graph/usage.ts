import type { Fault, ThrottleFault } from '../faults/fault.ts';
import { nowMs } from '../state/clock.ts';
import type { State } from '../state/state.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
// Graph shows usage only after enough calls.
const shownFromPercent = 5;

/** Percentages of an allowance, as the usage headers give them. They can pass 100. */
export interface Percentages {
  call_count: number;
  total_time: number;
  total_cputime: number;
}

/** The allowance that a call uses up, and whose it is: of the app, of a person, of a Page, of a Page's Messenger. */
export interface Regime {
  type: 'app' | 'user' | 'page' | 'messenger';
  id: string;
}

export interface Use {
  regime: Regime | null;
  percent: number;
  /** Minutes until less than 100 percent are used, if nobody calls meanwhile. */
  regainMinutes: number;
}

/** A rolling window: calls by slice of time, the latest last. */
interface Window {
  slices: { number: number; calls: number }[];
  sum: number;
}

/** App and person have a rolling hour, Page and Messenger a rolling day. */
const rolling: Record<Regime['type'], { sliceMs: number; slices: number }> = {
  app: { sliceMs: minuteMs, slices: 60 },
  user: { sliceMs: minuteMs, slices: 60 },
  page: { sliceMs: hourMs, slices: 24 },
  messenger: { sliceMs: hourMs, slices: 24 },
};

/** Counts calls in the rolling windows of the virtual clock. Refused calls count too, and so prolong a throttle. */
export class Usage {
  readonly #windows = new Map<string, Window>();

  /** Counts one call and tells how much of its allowance is used. */
  count(state: State, regime: Regime | null): Use {
    if (!regime) return { regime, percent: 0, regainMinutes: 0 };
    const key = `${regime.type} ${regime.id}`;
    const window = this.#windows.get(key) ?? { slices: [], sum: 0 };
    this.#windows.set(key, window);
    const { sliceMs, slices } = rolling[regime.type];
    const now = Math.floor(nowMs(state) / sliceMs);
    add(window, now);
    // A clock that was set back leaves slices of the future, which are dropped too.
    while (window.slices.length > slices || !isWithin(window.slices[0]!.number, now, slices)) {
      window.sum -= window.slices.shift()!.calls;
    }
    const allowance = state.app.knobs.allowance[regime.type];
    const percent = Math.floor((window.sum * 100) / allowance);
    return {
      regime,
      percent,
      regainMinutes: percent < 100 ? 0 : minutesToRegain(window, allowance, regime.type, state),
    };
  }

  clear(): void {
    this.#windows.clear();
  }
}

function add(window: Window, number: number): void {
  const last = window.slices.at(-1);
  if (last?.number === number) last.calls += 1;
  else window.slices.push({ number, calls: 1 });
  window.sum += 1;
}

const isWithin = (number: number, now: number, slices: number) => number > now - slices && number <= now;

/** Until the oldest slices, that make it too much, have left the window. */
function minutesToRegain(window: Window, allowance: number, type: Regime['type'], state: State): number {
  const { sliceMs, slices } = rolling[type];
  let sum = window.sum;
  for (const slice of window.slices) {
    sum -= slice.calls;
    if (sum < allowance) return Math.ceil(((slice.number + slices) * sliceMs - nowMs(state)) / minuteMs);
  }
  return Math.ceil((slices * sliceMs) / minuteMs);
}

/** The throttle that usage itself causes: none below 100 percent. */
export function throttleOf({ regime, percent, regainMinutes }: Use): ThrottleFault | null {
  if (!regime || percent < 100) return null;
  return { type: 'throttle', code: throttleCodes[regime.type], minutes: regainMinutes, percent };
}

const throttleCodes = { app: 4, user: 17, page: 80001, messenger: 80006 } as const;

/** The usage headers of one answer: from the counts, or as a fault dictates. Absent while usage is trivial. */
export function usageHeaders(
  state: State,
  use: Use,
  about: { pageId: string | null; endpoint: string },
  faults: readonly Fault[],
): Record<string, string> {
  const { regime } = use;
  const counted = use.percent >= shownFromPercent ? evenly(use.percent) : null;
  const isOfPage = regime?.type === 'page' || regime?.type === 'messenger';
  let app = isOfPage ? null : counted;
  let page = isOfPage ? counted : null;
  let header: Percentages | null = null;
  let { regainMinutes } = use;
  for (const { fault, hits, throttledUntilMs } of faults) {
    if (fault.type === 'usage') {
      app = fault.app ?? app;
      page = fault.page ?? page;
      header = fault.page_header ?? header;
    } else if (fault.type === 'throttle') {
      // Each call made while throttled counts, so the number keeps climbing past 100.
      const climbing = evenly(fault.percent + hits - 1);
      if (isPageCode(fault.code)) page = climbing;
      else app = climbing;
      regainMinutes = Math.max(0, Math.ceil(((throttledUntilMs ?? 0) - nowMs(state)) / minuteMs));
    }
  }
  const type = about.endpoint === 'messages' || regime?.type === 'messenger' ? 'messenger' : 'pages';
  const business = page && about.pageId && [{ type, ...page, estimated_time_to_regain_access: regainMinutes }];
  return {
    ...(app ? { 'x-app-usage': JSON.stringify(app) } : {}),
    ...(business ? { 'x-business-use-case-usage': JSON.stringify({ [about.pageId!]: business }) } : {}),
    ...(header ? { 'x-page-usage': JSON.stringify(header) } : {}),
  };
}

const isPageCode = (code: number) => code === 32 || code >= 80_000;

const evenly = (percent: number): Percentages => ({
  call_count: percent,
  total_time: Math.floor(percent * 0.9),
  total_cputime: Math.floor(percent * 0.8),
});
