import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { endProcess, isAlive, processIdentity } from '../system/process.ts';

interface Running {
  name: string;
  pid: number;
  identity: string;
}

export interface RunningList {
  set(name: string, pid: number | null): void;
  clear(): void;
}

/** Keeps the file that names our child processes, for the start after one that was killed. */
export function keepRunningList(file: string): RunningList {
  const running = new Map<string, Running>();
  const write = () => writeFileSync(file, JSON.stringify([...running.values()]), { mode: 0o600 });
  return {
    set: (name, pid) => {
      const identity = pid === null ? null : processIdentity(pid);
      if (pid === null || identity === null) running.delete(name);
      else running.set(name, { name, pid, identity });
      write();
    },
    clear: () => rmSync(file, { force: true }),
  };
}

/**
 * Ends what a killed start left: its children notice and stop by themselves, but may take their ports along for
 * some seconds. Only processes that began when the list says so are signalled.
 */
export async function endLeftovers(file: string): Promise<void> {
  const left = readList(file).filter(({ pid, identity }) => identity !== 'unknown' && isAlive(pid, identity));
  const steps = [
    { signal: 'SIGTERM', waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 2_000 },
  ] as const;
  await Promise.all(left.map(({ pid }) => endProcess(pid, steps)));
  rmSync(file, { force: true });
}

function readList(file: string): Running[] {
  try {
    const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(list) ? list.filter(isRunning) : [];
  } catch {
    return [];
  }
}

function isRunning(entry: unknown): entry is Running {
  const { pid, identity } = (entry ?? {}) as Partial<Running>;
  return typeof pid === 'number' && typeof identity === 'string';
}
