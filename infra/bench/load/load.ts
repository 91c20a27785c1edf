import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median } from '../median.ts';
import type { LoadResult, Order, Reply } from './protocol.ts';

export interface MeasuredLoad extends LoadResult {
  /** The server's CPU time per answer, in microseconds; NaN where there is no /proc. Steadier than answers a second. */
  serverCpuUs: number;
}

export interface LoadGenerator {
  /** @throws Error when an answer was not the expected one, or a connection broke */
  run(order: Order): Promise<MeasuredLoad>;
  stop(): void;
}

/**
 * Starts the generator's process, which stays warm over all runs.
 * @param options.server the process that answers
 * @param options.profile whether it writes a CPU profile of each run (see profile.mjs)
 */
export function startLoadGenerator({ server, profile }: { server: number; profile: boolean }): LoadGenerator {
  const child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  return {
    run: order =>
      new Promise((resolve, reject) => {
        const toggleProfile = () => profile && process.kill(server, 'SIGUSR2');
        const cpuBefore = cpuSeconds(server);
        const gone = () => reject(new Error('The load generator died.'));
        child.once('exit', gone);
        child.once('message', (reply: Reply) => {
          child.off('exit', gone);
          toggleProfile();
          if ('result' in reply) {
            const { result } = reply;
            const serverCpuUs = ((cpuSeconds(server) - cpuBefore) * 1e6) / result.answers;
            resolve({ ...result, serverCpuUs });
          } else reject(new Error(reply.error));
        });
        toggleProfile();
        child.send(order);
      }),
    stop: () => {
      child.kill();
    },
  };
}

/** User and system time so far (proc(5), fields 14 and 15, in hundredths of a second). */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** The middle of our runs, in a sentence. */
export function describeLoads(loads: readonly MeasuredLoad[], connections: number): string {
  const mid = (name: keyof MeasuredLoad, digits: number) => median(loads.map(load => load[name])).toFixed(digits);
  return [
    `p50 ${mid('p50Ms', 1)} ms, p99 ${mid('p99Ms', 1)} ms over ${connections} connections`,
    `${mid('serverCpuUs', 0)} us of the api's CPU an answer`,
    `the load generator took ${mid('generatorCpu', 2)} of a core`,
  ].join('; ');
}
