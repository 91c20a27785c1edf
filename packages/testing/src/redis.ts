import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from './ask-redis.ts';
import { freePort } from './system/ports.ts';
import { commandLine, endProcess } from './system/process.ts';

export interface RunningRedis {
  url: string;
  port: number;
  /** The pid of the server that runs now; `restart` changes it. */
  pid(): number;
  /** Kills the server as a crash would and starts an empty one on the same port after `downMs`. */
  restart(downMs?: number): Promise<void>;
  /** FLUSHALL: Redis lost everything, and nobody's connection broke. */
  flush(): Promise<void>;
  /** One command, and the first line of what it answers. */
  ask(...words: string[]): Promise<string>;
  /** Stops the server and removes its folder. May be called twice. */
  stop(): Promise<void>;
}

const pidFileName = 'redis.pid';

/** Ends the server that was started in this folder, if it is still that server. Does not wait. */
export function killRedisOf(folder: string): void {
  const file = join(folder, pidFileName);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  // Its command line names its folder, so another program with this pid is left alone.
  if (pid && commandLine(pid)?.includes(`--dir ${folder} `)) process.kill(pid, 'SIGKILL');
}

/** The version of the `redis-server` on PATH; null when there is none. */
export function findRedis(): string | null {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return found.status === 0 ? (/v=([\d.]+)/.exec(found.stdout)?.[1] ?? 'unknown') : null;
}

/**
 * Starts a `redis-server` on a free port of 127.0.0.1: no persistence, and noeviction as BullMQ requires.
 * @param parentFolder where its (empty) working folder is made
 */
export async function startRedis(parentFolder = tmpdir()): Promise<RunningRedis> {
  if (findRedis() === null) throw new Error('There is no redis-server here: apt-get install redis-server.');
  const folder = mkdtempSync(join(parentFolder, 'redis-'));
  const port = await freePort();
  let pid = await launch(port, folder);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => pid,
    restart: async (downMs = 0) => {
      await endProcess(pid, [{ signal: 'SIGKILL', waitMs: 5_000 }]);
      await sleep(downMs);
      pid = await launch(port, folder);
    },
    flush: async () => {
      await askRedis(port, 'FLUSHALL');
    },
    ask: async (...words) => (await askRedis(port, ...words)).split('\r\n', 1)[0]!,
    stop: async () => {
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: 3_000 },
        { signal: 'SIGKILL', waitMs: 2_000 },
      ]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, folder: string): Promise<number> {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    // The command line keeps naming the folder, by which a later run knows a forgotten server as its own.
    'set-proc-title': 'no',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // A session of its own, like Postgres: Ctrl-C must not take it from under those who still use it.
  const child = spawn('redis-server', flags, { stdio: 'ignore', detached: true });
  // Before it answers: whoever clears up after a killed run finds it from its first moment.
  if (child.pid) writeFileSync(join(folder, pidFileName), String(child.pid));
  let gone = child.pid === undefined;
  child.once('exit', () => {
    gone = true;
  });
  child.unref();
  for (let waited = 0; waited < 10_000 && !gone; waited += 20) {
    if (await askRedis(port, 'PING').catch(() => null)) return child.pid!;
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server did not start on port ${port}.`);
}
