import { startNetwork } from '@pagekeeper/testing/network/network';
import type { StartedProcess } from '@pagekeeper/testing/processes';
import { expect } from 'vitest';

const entry = 'apps/worker/test/refreshing-process.ts';
/** So many start at a time: each takes a core for a second. */
const startedAtOnce = 4;

/** Lets so many processes begin to refresh one person's login at the same moment: its token is exchanged once. */
export async function refreshInProcesses(count: number): Promise<void> {
  const network = await startNetwork({ worker: false });
  const processes: StartedProcess[] = [];
  const outcomes: string[] = [];
  const said: string[] = [];
  const onLine = (line: string, stream: string) => (stream === 'stdout' ? outcomes : said).push(line);
  try {
    const acme = await network.tenant('acme');
    const { id, page, integration } = await acme.connectPage();
    await network.simulator.patch('/__sim/app', { exchange: 'extended' });
    await network.moveClock(46 * 24);
    // Whoever has the lease is held up, so that the others meet it.
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'access_token' },
      fault: { type: 'latency', ms: 2_000 },
    });
    while (processes.length < count) {
      const next = Math.min(startedAtOnce, count - processes.length);
      const starts = Array.from({ length: next }, () => network.startProcess(entry, onLine));
      processes.push(...(await Promise.all(starts)));
    }
    for (const { pid } of processes) process.kill(pid, 'SIGUSR2');
    for (const { exited } of processes) expect(await exited, said.join('\n')).toEqual({ code: 0, signal: null });
    expect(outcomes).toHaveLength(count);
    expect(new Set(outcomes)).toEqual(new Set(['busy', 'checked']));
    const about = `/__sim/ledger?person_id=${page.personId}&endpoint=access_token`;
    expect((await network.simulator.get(about)).data).toHaveLength(1);
    const { facebook_page } = (await acme.refresh(id)).integration;
    expect(facebook_page.status).toBe('healthy');
    const [before, after] = [integration.facebook_page, facebook_page].map(each =>
      Date.parse(each.user_token_expires_at),
    );
    expect(after! - before!).toBeGreaterThan(40 * 86_400_000);
    const busy = outcomes.filter(outcome => outcome === 'busy').length;
    process.stdout.write(`${count} processes refreshed one person at once: ${busy} found it taken, 1 exchange\n`);
  } finally {
    await Promise.all(processes.map(each => each.kill()));
    await network.stop();
  }
}
