import type { State } from './state.ts';

/** The virtual time in milliseconds: real time plus the offset set by the control API. */
export function nowMs(state: State): number {
  return Date.now() + state.clockOffsetSeconds * 1000;
}

/** The virtual time in whole seconds. */
export function nowSeconds(state: State): number {
  return Math.floor(nowMs(state) / 1000);
}
