import type * as z from 'zod';
import { nowMs } from '../state/clock.ts';
import { nextDraw, nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Fault, faultSchema } from './fault.ts';

/** What a fault is matched against. */
export interface Target {
  endpoint: string;
  method: string;
  pageId: string | null;
  /** The person whose token calls, also behind a page token. */
  personId: string | null;
}

// Meta counts calls made while throttled and makes the block longer by them.
const prolongedByMs = 60_000;

/** Registers a fault. Faults are tried in the order of their making. */
export function addFault(state: State, input: z.output<typeof faultSchema>): Fault {
  const { fault, after_seconds, for_seconds } = input;
  const fromMs = after_seconds > 0 ? nowMs(state) + after_seconds * 1000 : null;
  const added: Fault = {
    id: nextId(state, 'fault', 'fault_'),
    number: state.counters.get('fault')!,
    match: input.match,
    fault,
    timesLeft: input.times ?? null,
    skipLeft: input.skip,
    probability: input.probability,
    hits: 0,
    fromMs,
    untilMs: for_seconds === undefined ? null : (fromMs ?? nowMs(state)) + for_seconds * 1000,
    throttledUntilMs: fault.type === 'throttle' ? (fromMs ?? nowMs(state)) + fault.minutes * 60_000 : null,
  };
  state.faults.push(added);
  state.indexes.addFault(added);
  return added;
}

/** Forgets the fault of this id, or all. Answers with how many that were. */
export function removeFaults(state: State, id?: string): number {
  const gone = state.faults.filter(fault => id === undefined || fault.id === id);
  for (const fault of gone) forget(state, fault);
  return gone.length;
}

/** The faults that hit this call, counted. Used-up faults and those whose time is over are forgotten. */
export function hitFaults(state: State, target: Target): Fault[] {
  const candidates = state.indexes.faultsFor(target.pageId, target.personId);
  const hit: Fault[] = [];
  for (const fault of candidates) {
    if (isOver(state, fault)) forget(state, fault);
    else if (matches(state, fault, target) && !skipped(fault) && drawn(state, fault)) hit.push(fault);
  }
  for (const fault of hit) count(fault);
  return hit;
}

function forget(state: State, fault: Fault): void {
  state.faults = state.faults.filter(other => other !== fault);
  state.indexes.removeFault(fault);
}

function isOver(state: State, fault: Fault): boolean {
  if (fault.timesLeft === 0) return true;
  const ends = [fault.throttledUntilMs, fault.untilMs].filter(end => end !== null);
  return ends.some(end => end <= nowMs(state));
}

/** The Page is right already: by it the fault was found. */
function matches(state: State, { match, fromMs }: Fault, target: Target): boolean {
  if (fromMs !== null && fromMs > nowMs(state)) return false;
  if (match.endpoint && match.endpoint !== target.endpoint) return false;
  if (match.method && match.method !== target.method) return false;
  return !match.person_id || match.person_id === target.personId;
}

/** Counted, as a hit is. */
function skipped(fault: Fault): boolean {
  if (!(fault.skipLeft > 0)) return false;
  fault.skipLeft -= 1;
  return true;
}

function drawn(state: State, fault: Fault): boolean {
  return fault.probability >= 1 || nextDraw(state, fault.id) < fault.probability;
}

function count(fault: Fault): void {
  fault.hits += 1;
  if (fault.timesLeft !== null) fault.timesLeft -= 1;
  if (fault.throttledUntilMs !== null) fault.throttledUntilMs += prolongedByMs;
}
