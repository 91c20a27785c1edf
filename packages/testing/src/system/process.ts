import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What tells this process from a later one with the same pid: when it began. Null when there is no such process,
 * or only a zombie of it (in a container without an init, nobody reaps an orphan, and signal 0 still finds it).
 */
export function processIdentity(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0 || !answersSignals(pid)) return null;
  const found = identityFromProc(pid) ?? identityFromPs(pid);
  if (found === null) return 'unknown';
  return found.state.startsWith('Z') ? null : found.began;
}

/** Whether a process with this pid runs; with an identity, whether it is still the same one. */
export function isAlive(pid: number, identity?: string): boolean {
  const now = processIdentity(pid);
  return now !== null && (identity === undefined || identity === now);
}

/** The command line with single spaces between the arguments, or null when it cannot be read. */
export function commandLine(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return ps(pid, 'command=');
  }
}

export interface EndStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

/** Signals a process step by step until it has gone. False when it outlived every step. */
export async function endProcess(pid: number, steps: readonly EndStep[]): Promise<boolean> {
  const identity = processIdentity(pid);
  if (identity === null) return true;
  for (const { signal, waitMs } of steps) {
    if (!isAlive(pid, identity)) return true;
    process.kill(pid, signal);
    if (await hasGone(pid, identity, waitMs)) return true;
  }
  return false;
}

async function hasGone(pid: number, identity: string, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline) {
    if (!isAlive(pid, identity)) return true;
    await sleep(20);
  }
  return !isAlive(pid, identity);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function identityFromProc(pid: number): { state: string; began: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold spaces; after it come state (3rd field) … starttime (22nd).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { state: fields[0] ?? '', began: `${boot}:${fields[19]}` };
  } catch {
    return null;
  }
}

function identityFromPs(pid: number): { state: string; began: string } | null {
  const state = ps(pid, 'stat=');
  const began = ps(pid, 'lstart=');
  return state === null || began === null ? null : { state, began };
}

function ps(pid: number, column: string): string | null {
  try {
    const output = execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    });
    return output.trim() || null;
  } catch {
    return null;
  }
}
