import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult, Order, Reply } from './protocol.ts';

export interface LoadGenerator {
  /** @throws Error when an answer was not the expected one, or a connection broke */
  run(order: Order): Promise<LoadResult>;
  stop(): void;
}

/**
 * Starts the generator's process, which stays warm over all runs.
 * @param profiled the process that writes a CPU profile of each run (see profile.mjs); null for none
 */
export function startLoadGenerator(profiled: number | null): LoadGenerator {
  const child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), {
    execArgv: ['--conditions=source', '--import', import.meta.resolve('tsx')],
  });
  return {
    run: order =>
      new Promise((resolve, reject) => {
        const toggleProfile = () => profiled !== null && process.kill(profiled, 'SIGUSR2');
        const gone = () => reject(new Error('The load generator died.'));
        child.once('exit', gone);
        child.once('message', (reply: Reply) => {
          child.off('exit', gone);
          toggleProfile();
          if ('result' in reply) resolve(reply.result);
          else reject(new Error(reply.error));
        });
        toggleProfile();
        child.send(order);
      }),
    stop: () => {
      child.kill();
    },
  };
}
