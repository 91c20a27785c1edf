import type { System } from './system.ts';

/** The number of the simulator's last ledger line. */
export async function lastSequence({ simulator }: System): Promise<number> {
  return (await simulator.get('/__sim')).counts.last_sequence;
}

/**
 * How deliveries were answered since that line, by status or kind of failure.
 * @param begunMs only those that began after this moment (by `Date.now()`)
 */
export async function answersSince({ simulator }: System, sequence: number, begunMs = 0): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  const path = `/__sim/ledger?type=delivery&after=${sequence}&limit=10000`;
  const { data } = (await simulator.get(path)) as { data: Delivery[] };
  for (const { status, failure, at, ms } of data) {
    if (Date.parse(at) - ms < begunMs) continue;
    const answer = String(status ?? failure);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  return answers;
}

interface Delivery {
  status: number | null;
  failure: string | null;
  at: string;
  ms: number;
}
