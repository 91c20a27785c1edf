import type { Fault, FaultKind, ThrottleFault } from '../faults/fault.ts';
import type { State } from '../state/state.ts';
import type { Answer } from './answer.ts';
import { cutConnection, empty, failure, html } from './answer.ts';
import { GraphError } from './errors.ts';

/** The answer of the first fault that keeps a call from taking effect; null when none does. */
export function refusalBy(
  state: State,
  version: string,
  faults: readonly Fault[],
  natural: ThrottleFault | null,
): Answer | null {
  for (const { fault } of faults) {
    if (fault.type === 'reset') return cutConnection();
    if (fault.type === 'throttle') return failure(state, version, throttled(fault));
    if (isMishap(fault) && !fault.applied) return mishap(state, version, fault);
  }
  return natural ? failure(state, version, throttled(natural)) : null;
}

/** The answer after a call took effect: the true one, or what the first fault makes of it. */
export function spoiledBy(state: State, version: string, faults: readonly Fault[], answer: Answer): Answer {
  for (const { fault } of faults) {
    if (fault.type === 'lost_response') return { ...cutConnection(), error: answer.error };
    if (fault.type === 'slow_body') return { ...answer, halfway: { ms: fault.ms, cut: false } };
    if (fault.type === 'truncated') return cutInHalf(answer);
    if (isMishap(fault) && fault.applied) return mishap(state, version, fault);
  }
  return answer;
}

const cutInHalf = (answer: Answer): Answer => ({ ...answer, halfway: { ms: 0, cut: true } });

type Mishap = Extract<FaultKind, { type: 'error' | 'html' | 'empty' }>;

const isMishap = (fault: FaultKind): fault is Mishap => ['error', 'html', 'empty'].includes(fault.type);

function mishap(state: State, version: string, fault: Mishap): Answer {
  switch (fault.type) {
    case 'html':
      return html(state, version, fault.http);
    case 'empty':
      return empty(state, version, fault.http);
    case 'error': {
      const answer = failure(state, version, injected(fault));
      return fault.truncated ? cutInHalf(answer) : answer;
    }
  }
}

function injected(fault: Extract<Mishap, { type: 'error' }>): GraphError {
  const transient = fault.is_transient ?? (transientCodes.includes(fault.code) || undefined);
  const details = {
    ...(fault.user_title === undefined ? {} : { error_user_title: fault.user_title }),
    ...(fault.user_msg === undefined ? {} : { error_user_msg: fault.user_msg }),
    ...(fault.data === undefined ? {} : { error_data: fault.data }),
  };
  return new GraphError(fault.code, fault.message ?? messageOf(fault.code), {
    http: fault.http,
    details,
    ...(fault.subcode === undefined ? {} : { subcode: fault.subcode }),
    ...(transient === undefined ? {} : { transient }),
  });
}

function throttled(fault: ThrottleFault): GraphError {
  const subcode = fault.subcode === undefined ? {} : { subcode: fault.subcode };
  return new GraphError(fault.code, messageOf(fault.code), { transient: true, ...subcode });
}

const transientCodes = [2, 4, 17, 32, 341, 613, 1200];

const messages: Record<number, string> = {
  1: 'An unknown error occurred',
  2: 'Service temporarily unavailable',
  4: 'Application request limit reached',
  17: 'User request limit reached',
  32: 'Page request limit reached',
  190: 'Error validating access token.',
  341: 'Application limit reached',
  368: 'The action attempted has been deemed abusive or is otherwise disallowed',
  506: 'Duplicate status message',
  551: "This person isn't available right now.",
  613: 'Calls to this api have exceeded the rate limit.',
  80001: 'There have been too many calls to this Page account. Wait a bit and try again.',
  80006: 'There have been too many calls to this Messenger account. Wait a bit and try again.',
};

function messageOf(code: number): string {
  const message = messages[code] ?? 'Injected by the simulator';
  return code === 190 || code === 1 ? message : `(#${code}) ${message}`;
}
