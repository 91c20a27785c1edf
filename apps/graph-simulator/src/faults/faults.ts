import type { z } from 'zod';
import { nowMs } from '../state/clock.ts';
import { nextDraw, nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Fault, faultSchema } from './fault.ts';

/** What a fault is matched against. */
export interface Target {
  endpoint: string;
  method: string;
  pageId: string | null;
}

// Meta counts calls made while throttled and makes the block longer by them.
const prolongedByMs = 60_000;

/** Registers a fault. Faults are tried in the order of their making. */
export function addFault(state: State, input: z.output<typeof faultSchema>): Fault {
  const { fault } = input;
  const added: Fault = {
    id: nextId(state, 'fault', 'fault_'),
    match: input.match,
    fault,
    timesLeft: input.times ?? null,
    probability: input.probability,
    hits: 0,
    throttledUntilMs: fault.type === 'throttle' ? nowMs(state) + fault.minutes * 60_000 : null,
  };
  state.faults.push(added);
  return added;
}

/** The faults that hit this call, counted. Used-up faults and ended throttles are forgotten. */
export function hitFaults(state: State, target: Target): Fault[] {
  state.faults = state.faults.filter(fault => !isOver(state, fault));
  const hit = state.faults.filter(fault => matches(fault, target) && drawn(state, fault));
  for (const fault of hit) count(fault);
  return hit;
}

function isOver(state: State, fault: Fault): boolean {
  if (fault.timesLeft === 0) return true;
  return fault.throttledUntilMs !== null && fault.throttledUntilMs <= nowMs(state);
}

function matches({ match }: Fault, target: Target): boolean {
  if (match.endpoint && match.endpoint !== target.endpoint) return false;
  if (match.method && match.method !== target.method) return false;
  return !match.page_id || match.page_id === target.pageId;
}

function drawn(state: State, fault: Fault): boolean {
  if (fault.timesLeft === 0) return false;
  return fault.probability >= 1 || nextDraw(state, fault.id) < fault.probability;
}

function count(fault: Fault): void {
  fault.hits += 1;
  if (fault.timesLeft !== null) fault.timesLeft -= 1;
  if (fault.throttledUntilMs !== null) fault.throttledUntilMs += prolongedByMs;
}
