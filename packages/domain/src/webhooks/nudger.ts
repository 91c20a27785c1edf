import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Log } from '@pagekeeper/runtime/log';
import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob } from '../jobs.ts';

export interface Nudger {
  nudge(organizationId: Uuid, integrationId: Uuid): void;
  close(): Promise<void>;
}

/**
 * The first nudge goes out at once. Then the rounds keep a distance that nobody notices in an answer, and one that grows
 * with the events: at the longest the nudges of a busy system cost the api nearly nothing, at the shortest a twentieth
 * of its time (measured).
 */
const shortestPauseMs = 10;
const longestPauseMs = 100;
/** From 2,000 events a second on the pause grows to the longest. */
const pauseMsPerEvent = 0.5;
/**
 * The usual rounds of so many are more drains than workers begin. The others wait for the next ones; without this
 * bound a system of ten thousand busy pages would spend more on nudges than on what they tell of.
 */
const maxPerRound = 100;

/**
 * Tells workers of stored events, each integration once per round: what comes while a round is under way goes into
 * the next. Best effort; the sweep finds rows whose nudge was lost.
 */
export function createNudger(queue: Services['queue'], log: Log): Nudger {
  const next = new Map<Uuid, { organization_id: Uuid; integration_id: Uuid }>();
  let round: Promise<void> | undefined;
  let isClosing = false;
  /** Nudges since the last round. */
  let events = 0;

  const run = async () => {
    while (next.size > 0) {
      const payloads = takeFirst(next, isClosing ? next.size : maxPerRound);
      failpoint('nudge.before_enqueue');
      try {
        await queue.enqueueMany(drainEventsJob, payloads);
      } catch (error) {
        log.warn({ err: error, integrations: payloads.length }, 'nudges lost; the sweep will find the events');
      }
      const pauseMs = events * pauseMsPerEvent;
      events = 0;
      await sleep(Math.min(Math.max(pauseMs, shortestPauseMs), longestPauseMs));
    }
    round = undefined;
  };

  return {
    nudge(organization_id, integration_id) {
      events += 1;
      next.set(integration_id, { organization_id, integration_id });
      round ??= run();
    },
    close: async () => {
      isClosing = true;
      await round;
    },
  };
}

/** Takes the oldest entries out of a map. */
function takeFirst<Value>(map: Map<unknown, Value>, count: number): Value[] {
  const taken: Value[] = [];
  for (const [key, value] of map) {
    if (taken.length === count) break;
    taken.push(value);
    map.delete(key);
  }
  return taken;
}
