import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inheritedEnvironment, runsBuilt } from './env.ts';

/** The folder that holds the root package.json. */
export const repositoryFolder = fileURLToPath(new URL('../../../', import.meta.url));

/** What Node needs to run our TypeScript from its source. (Vitest's global setup knows no `import.meta.resolve`.) */
export const typescriptFlags = ['--import', createRequire(import.meta.url).resolve('tsx')];

/** The entry file of one of our apps: its source, or what was built of it where a test run builds first. */
export const entryOf = (app: string): string => `apps/${app}/${runsBuilt() ? 'dist/main.js' : 'src/main.ts'}`;

/** What Node is called with to run a file. */
export const argumentsFor = (entry: string): string[] =>
  entry.endsWith('.ts') ? [...typescriptFlags, entry] : [entry];

export interface ProcessOptions {
  /** What log lines and errors call it. */
  name: string;
  /** The entry file, absolute or relative to the repository: TypeScript, or JavaScript that was built. */
  entry: string;
  /** All variables it gets, beside PATH, HOME and the like. */
  env: Readonly<Record<string, string | undefined>>;
  /** Takes each line that it writes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** How long it may take until it announces itself; default 30 s. */
  readyDeadlineMs?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  name: string;
  pid: number;
  /** The port it announced; null for one without. */
  port: number | null;
  exited: Promise<Exit>;
  /** False from its end on. */
  isRunning(): boolean;
  /** SIGTERM, and SIGKILL after the deadline (default 15 s). May be called twice, and after it died. */
  stop(deadlineMs?: number): Promise<Exit>;
  /** SIGKILL, as a crash of the machine would. */
  kill(): Promise<Exit>;
}

/**
 * Runs one of our apps and waits for its `announceReady`. Rejects with one sentence when it exits
 * or stays silent instead; then nothing is left running. It stops by itself if this process dies.
 */
export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const child = spawnNode(options);
  const exited = new Promise<Exit>(resolve => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const tail = followOutput(child, options.onLine);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  const stop = (deadlineMs = 15_000) => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    return exited.finally(() => clearTimeout(timer));
  };
  const deadlineMs = options.readyDeadlineMs ?? 30_000;
  const outcome = await Promise.race([announcement(child), exited, silence(deadlineMs, exited)]);
  if ('port' in outcome) {
    return { name: options.name, pid: child.pid!, port: outcome.port, exited, isRunning, stop, kill };
  }
  await kill();
  throw new Error(explainFailure(options.name, outcome, tail, deadlineMs));
}

/**
 * SIGCONT for half a second, again and again: who tells of a failpoint stops a moment after that, and a single signal may
 * come before. To one that goes on already it does nothing.
 */
export async function goOn({ pid }: { pid: number }): Promise<void> {
  for (let sent = 0; sent < 10; sent += 1) {
    process.kill(pid, 'SIGCONT');
    await sleep(50);
  }
}

function spawnNode({ entry, env }: ProcessOptions): ChildProcess {
  return spawn(process.execPath, argumentsFor(entry), {
    cwd: repositoryFolder,
    env: { ...inheritedEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C reaches the terminal's whole group; in a group of its own a child stops when, and in the order, we say.
    detached: true,
  });
}

const tailLines = 40;

function followOutput(child: ChildProcess, onLine: ProcessOptions['onLine']): string[] {
  const tail: string[] = [];
  const follow = (stream: Readable | null, name: 'stdout' | 'stderr') => {
    if (!stream) return;
    createInterface({ input: stream }).on('line', line => {
      const text = name === 'stderr' ? line : fatalMessage(line);
      if (text) tail.push(text);
      if (tail.length > tailLines) tail.shift();
      onLine?.(line, name);
    });
  };
  follow(child.stdout, 'stdout');
  follow(child.stderr, 'stderr');
  return tail;
}

/** The message of a JSON log line of level error or fatal; what a process says when it gives up after its start. */
function fatalMessage(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    return (level ?? 0) >= 50 ? [msg, err?.message].filter(Boolean).join(': ') : null;
  } catch {
    return null;
  }
}

function announcement(child: ChildProcess): Promise<{ port: number | null }> {
  return new Promise(resolve => {
    child.on('message', message => {
      const { ready, port } = (message ?? {}) as { ready?: unknown; port?: unknown };
      if (ready === true) resolve({ port: typeof port === 'number' ? port : null });
    });
  });
}

interface Silence {
  silent: true;
}

async function silence(deadlineMs: number, exited: Promise<Exit>): Promise<Silence> {
  const abort = new AbortController();
  void exited.then(() => abort.abort());
  await sleep(deadlineMs, undefined, { ref: false, signal: abort.signal }).catch(() => {});
  return { silent: true };
}

function explainFailure(name: string, outcome: Exit | Silence, tail: readonly string[], deadlineMs: number): string {
  const said = tail.map(line => line.trim()).filter(line => line !== '');
  // Of a stack only the line that names the error is of use; sentences of a refused environment are all of use.
  const fault = said.find(line => /^(\w+ )?\[?\w*Error\b.*: /.test(line)) ?? said.slice(-5).join(' ');
  if ('silent' in outcome) return `${name} was not ready after ${deadlineMs / 1000} s. ${fault}`.trim();
  const how = outcome.signal ? `was ended by ${outcome.signal}` : `exited with code ${outcome.code}`;
  return `${name} did not start (${how}): ${fault || 'it said nothing'}`;
}
