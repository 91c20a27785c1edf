import { afterEach, expect, test } from 'vitest';
import type { StartedProcess } from '../src/processes.ts';
import { startProcess } from '../src/processes.ts';
import { supervise } from '../src/start/supervisor.ts';
import { isAlive } from '../src/system/process.ts';

const entry = new URL('fixtures/app.ts', import.meta.url).pathname;
const started: StartedProcess[] = [];

async function start(MODE: string, more: { readyDeadlineMs?: number; onLine?: (line: string) => void } = {}) {
  const app = await startProcess({ name: 'api', entry, env: { MODE }, ...more });
  started.push(app);
  return app;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(app => app.kill()));
});

test('a process is ready when it says so, gets only its own variables, and stops on SIGTERM', async () => {
  process.env.ADMIN_DATABASE_URL = 'postgres://not-for-children';
  const lines: string[] = [];
  const app = await start('serve', { onLine: line => lines.push(line) });
  delete process.env.ADMIN_DATABASE_URL;
  expect(app.port).toBe(4321);
  expect(isAlive(app.pid)).toBe(true);
  expect(await app.stop()).toEqual({ code: 0, signal: null });
  expect(isAlive(app.pid)).toBe(false);
  expect(lines).toEqual(['{"level":30,"msg":"serving"}']);
});

test('one that does not stop is killed after the deadline', async () => {
  const app = await start('stubborn');
  expect(await app.stop(200)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a failed start is one sentence with the reason', async () => {
  await expect(start('refuse')).rejects.toThrow(
    'api did not start (exited with code 1): DATABASE_URL is not set. AUTH_SECRET is not set.',
  );
  await expect(start('throw')).rejects.toThrow(
    'api did not start (exited with code 1): TypeError: the wheel is missing',
  );
  await expect(start('silent', { readyDeadlineMs: 700 })).rejects.toThrow('api was not ready after 0.7 s.');
});

test('a process that dies is started again, until it dies too often', async () => {
  const said: string[] = [];
  const pids: (number | null)[] = [];
  let givenUp = '';
  const supervised = await supervise(
    { name: 'api', entry, env: { MODE: 'serve' } },
    {
      tell: sentence => said.push(sentence),
      onPid: (_name, pid) => pids.push(pid),
      onGivenUp: sentence => {
        givenUp = sentence;
      },
    },
  );
  process.kill(supervised.pid()!, 'SIGKILL');
  await expect.poll(() => pids.length, { timeout: 10_000 }).toBe(3);
  expect(said).toEqual(['The api died (signal SIGKILL); it is started again.']);
  expect(pids[1]).toBeNull();
  const last = supervised.pid()!;
  await supervised.stop();
  expect(isAlive(last)).toBe(false);
  expect(givenUp).toBe('');
});
