import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult, Order, Reply } from './protocol.ts';

export interface LoadGenerator {
  /** @throws Error when an answer was not the expected one, or a connection broke */
  run(order: Order): Promise<LoadResult>;
  stop(): void;
}

/** Starts the generator's process, which stays warm over all runs. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), {
    execArgv: ['--conditions=source', '--import', import.meta.resolve('tsx')],
  });
  return {
    run: order =>
      new Promise((resolve, reject) => {
        const gone = () => reject(new Error('The load generator died.'));
        child.once('exit', gone);
        child.once('message', (reply: Reply) => {
          child.off('exit', gone);
          if ('result' in reply) resolve(reply.result);
          else reject(new Error(reply.error));
        });
        child.send(order);
      }),
    stop: () => {
      child.kill();
    },
  };
}
