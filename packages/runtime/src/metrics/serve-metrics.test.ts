import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { Metrics } from './metrics.ts';
import { serveMetrics } from './serve-metrics.ts';

it('a process is healthy once it works, and shows its figures before that', async () => {
  let started = false;
  const log = createLog({ name: 'worker', level: 'silent' });
  const options = { port: 0, host: '127.0.0.1', log, isStarted: () => started };
  const server = (await serveMetrics(new Metrics('worker'), options))!;
  try {
    const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
    expect([await statusOf('/healthz'), await statusOf('/metrics')]).toEqual([503, 200]);
    started = true;
    expect(await statusOf('/healthz')).toBe(200);
  } finally {
    await server.close();
  }
});
