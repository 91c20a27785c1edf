import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit, ProcessOptions, StartedProcess } from '../processes.ts';
import { startProcess } from '../processes.ts';

export interface Supervised {
  name: string;
  pid(): number | null;
  /** Ends the supervision and the process. */
  stop(): Promise<void>;
}

export interface Supervision {
  /** A sentence for the terminal. */
  tell(sentence: string): void;
  /** The process runs, or runs again, under this pid. */
  onPid(name: string, pid: number | null): void;
  /** The process died too often: everything has to end. */
  onGivenUp(sentence: string): void;
}

const maxRestarts = 5;
const withinMs = 60_000;

/**
 * Starts one of our apps and starts it again when it dies on its own, at most five times a minute, a little later
 * each time. Rejects only when the very first start fails.
 */
export async function supervise(options: ProcessOptions, supervision: Supervision): Promise<Supervised> {
  let stopping = false;
  let current: StartedProcess | null = await startProcess(options);
  supervision.onPid(options.name, current.pid);
  const watching = watch();

  async function watch(): Promise<void> {
    let deaths: number[] = [];
    while (!stopping && current) {
      const exit = await current.exited;
      supervision.onPid(options.name, null);
      if (stopping) return;
      deaths = [...deaths.filter(at => at > Date.now() - withinMs), Date.now()];
      if (deaths.length > maxRestarts) {
        supervision.onGivenUp(`The ${options.name} died ${deaths.length} times within a minute (${describe(exit)}).`);
        return;
      }
      supervision.tell(`The ${options.name} died (${describe(exit)}); it is started again.`);
      await sleep(200 * deaths.length ** 2);
      current = await startAgain();
    }
  }

  async function startAgain(): Promise<StartedProcess | null> {
    if (stopping) return null;
    try {
      const again = await startProcess(options);
      if (stopping) await again.stop();
      else supervision.onPid(options.name, again.pid);
      return again;
    } catch (error) {
      supervision.onGivenUp((error as Error).message);
      return null;
    }
  }

  const stop = async () => {
    stopping = true;
    await current?.stop();
    await watching;
  };
  return { name: options.name, pid: () => current?.pid ?? null, stop };
}

const describe = ({ code, signal }: Exit) => (signal ? `signal ${signal}` : `exit code ${code}`);
