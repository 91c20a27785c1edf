import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, endProcess, isAlive } from '../system/process.ts';

/** What a running server says about itself in `postmaster.pid`. */
export interface PostmasterFile {
  pid: number;
  port: number;
  ready: boolean;
}

/** Reads `postmaster.pid`; null when there is none or it is still being written. */
export function readPostmasterFile(data: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 0) return null;
    return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return null;
  }
}

/**
 * Ends the server that a killed parent left on this data directory, and removes its `postmaster.pid` if the pid
 * belongs to another program by now (after a restart of the machine or container). Never signals anything else.
 */
export async function endOrphan(data: string, log: (line: string) => void = () => {}): Promise<void> {
  const file = readPostmasterFile(data);
  // A dead pid is left to Postgres itself: it also looks for backends that still hold the shared memory.
  if (!file || !isAlive(file.pid)) return;
  const command = commandLine(file.pid);
  if (command === null) return;
  if (isServerOf(command, data)) {
    log(`Ending the Postgres (process ${file.pid}) that an earlier run left behind.`);
    await stopServer(file.pid);
  } else {
    rmSync(join(data, 'postmaster.pid'), { force: true });
  }
}

/** Ends the server of this data directory without waiting and without a checkpoint: for data that are thrown away. */
export function quitServer(data: string): void {
  const file = readPostmasterFile(data);
  if (file && isAlive(file.pid) && isServerOf(commandLine(file.pid) ?? '', data)) process.kill(file.pid, 'SIGQUIT');
}

/** Fast shutdown; if that takes too long immediate shutdown (the next start recovers from the WAL). */
export async function stopServer(pid: number): Promise<void> {
  const ended = await endProcess(pid, [
    { signal: 'SIGINT', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 6_000 },
    { signal: 'SIGKILL', waitMs: 2_000 },
  ]);
  if (!ended) throw new Error(`Postgres (process ${pid}) cannot be stopped.`);
}

function isServerOf(command: string, data: string): boolean {
  return /(^|\/)postgres /.test(command) && `${command} `.includes(` -D ${realpathSync(data)} `);
}
