import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { freePort } from '@pagekeeper/testing/system/ports';
import { describe, expect, it } from 'vitest';
import { QueueSchemaError, QueueUnavailableError } from '../src/errors.ts';
import { migrateQueue } from '../src/migrate.ts';
import type { QueueConnection } from '../src/queue.ts';
import { type Bed, createBed, createDatabase, cutPostgres, cutRedis, freshBed, gate, until } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { backends, hasRedis, type OwnRedis, queueServers, startRedis } from './servers.ts';

const servers = queueServers();

// These wait for clocks most of the time, so they wait together.
describe.concurrent('a worker', () => {
  it('gives up its start when nobody answers', async () => {
    const bed = createBed({ type: 'redis', url: `redis://127.0.0.1:${await freePort()}` });
    const start = bed.worker([drain], { 'webhooks.drain': async () => 'drained' });
    await expect(start).rejects.toThrow('The queue could not start its worker: timeout.');
  });

  it.each(backends)('runs the job of a killed one again within 30 s (%s)', { timeout: 45_000 }, async type => {
    const bed = await freshBed(type, servers);
    const { connection, prefix } = bed;
    const child = fork(
      fileURLToPath(new URL('crashing-worker.ts', import.meta.url)),
      [JSON.stringify({ connection, prefix })],
      { execArgv: ['--import', 'tsx'] },
    );
    await bed.queue().enqueue(refresh, { loginId: 'login-1' });
    await once(child, 'message');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const killedAt = Date.now();
    const again = gate();
    await bed.worker([refresh], {
      'facebook.refresh': async (_payload, { attempt }) => {
        expect(attempt).toBe(1);
        again.open();
        return 'refreshed';
      },
    });
    await again.opened;
    expect(Date.now() - killedAt).toBeLessThan(30_000);
    await bed.close();
  });
});

describe.concurrent('after its connections were cut', () => {
  const resumes = async (bed: Bed, cut: () => Promise<void>) => {
    const ran: string[] = [];
    const held = gate();
    let holds = false;
    await bed.worker(
      [refresh],
      {
        'facebook.refresh': async ({ loginId }) => {
          holds ||= loginId === 'held';
          if (loginId === 'held') await held.opened;
          ran.push(loginId);
          return 'refreshed';
        },
      },
      { concurrency: 2 },
    );
    const queue = bed.queue();
    await queue.enqueue(refresh, { loginId: 'before' });
    await until('the first ran', () => ran.includes('before'));
    await queue.enqueue(refresh, { loginId: 'held' });
    await until('it is held', () => holds);
    await cut();
    held.open();
    const nudge = async () => {
      await queue.enqueue(refresh, { loginId: 'after' }).catch(() => {});
      return ran.includes('after');
    };
    await until('it works again', nudge, 10_000);
    expect(ran).toContain('held');
    await bed.close();
  };

  it('a worker and a producer go on (postgres)', async () => {
    const bed = await freshBed('postgres', servers);
    await resumes(bed, () => cutPostgres(bed.connection.url, servers.postgresAdminUrl));
  });

  // A Redis of its own: killed clients of a shared one would be other tests'.
  it.skipIf(!hasRedis)('a worker and a producer go on (redis)', async () => {
    const own = await startRedis();
    await resumes(createBed({ type: 'redis', url: own.url }), () => cutRedis(own.url));
    await own.stop();
  });

  it.skipIf(!hasRedis)('a worker and a producer go on with a Redis that was restarted empty', async () => {
    const own = await startRedis();
    await resumes(createBed({ type: 'redis', url: own.url }), async () => {
      await own.stop();
      await new Promise(resolve => setTimeout(resolve, 500));
      await own.start();
    });
    await own.stop();
  });
});

describe('a producer whose broker is away', () => {
  const timed = async (work: Promise<unknown>) => {
    const start = Date.now();
    const error = await work.then(
      () => undefined,
      fault => fault,
    );
    return { error, durationMs: Date.now() - start };
  };

  it.each(backends)(
    'fails fast from the start (%s)',
    async type => {
      const connection: QueueConnection = { type, url: `${type}://127.0.0.1:${await freePort()}` };
      const bed = createBed(connection);
      const queue = bed.queue();
      for (const call of [() => queue.enqueue(drain, { integrationId: 'canary' }), () => queue.ping()]) {
        const { error, durationMs } = await timed(call());
        expect(error).toBeInstanceOf(QueueUnavailableError);
        expect(durationMs).toBeLessThan(2_500);
        expect(inspect(error, { depth: 10 })).not.toContain('canary');
      }
      await bed.close();
    },
    20_000,
  );

  it.skipIf(!hasRedis)('fails at once when Redis goes, and works when it is back', async () => {
    const own = await startRedis();
    const bed = createBed({ type: 'redis', url: own.url });
    const queue = bed.queue();
    await queue.enqueue(refresh, { loginId: 'login-1' });
    await own.stop();
    await until('it noticed', async () => (await timed(queue.ping())).error !== undefined);
    const { error, durationMs } = await timed(queue.enqueue(refresh, { loginId: 'canary' }));
    expect(error).toBeInstanceOf(QueueUnavailableError);
    expect(durationMs).toBeLessThan(100);
    await own.start();
    await until('it is back', async () => (await timed(queue.ping())).error === undefined);
    await queue.enqueue(refresh, { loginId: 'login-2' });
    expect((await queue.counts()).waiting).toBe(1);
    await bed.close();
    await own.stop();
    expect(bed.logged()).not.toContain('canary');
  });

  it.skipIf(!hasRedis)('does not wait for a Redis that hangs', async () => {
    const own = await startRedis();
    const bed = createBed({ type: 'redis', url: own.url });
    const queue = bed.queue();
    await queue.ping();
    own.freeze();
    const { error, durationMs } = await timed(queue.enqueue(refresh, { loginId: 'canary' }));
    expect(error).toBeInstanceOf(QueueUnavailableError);
    expect(durationMs).toBeLessThan(2_500);
    await bed.close();
    await own.stop();
  });

  it.skipIf(!hasRedis)('tells of a full Redis without quoting the job', async () => {
    const own: OwnRedis = await startRedis('--maxmemory', '1mb', '--maxmemory-policy', 'noeviction');
    const bed = createBed({ type: 'redis', url: own.url });
    const { error } = await timed(bed.queue().enqueue(drain, { integrationId: 'canary' }));
    expect(error).toBeInstanceOf(QueueUnavailableError);
    expect(error.code).toBe('OOM');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
    await bed.close();
    await own.stop();
    expect(bed.logged()).not.toContain('canary');
  });
});

describe('a database without the schema', () => {
  it('is not migrated by a role that may not create there', async () => {
    const url = await createDatabase(servers.postgresAdminUrl, false);
    await expect(migrateQueue(url)).rejects.toThrow('grant it CREATE on the database while it migrates');
  });

  it('is refused by producers and workers in one sentence', async () => {
    const bed = createBed({ type: 'postgres', url: await createDatabase(servers.postgresAdminUrl, false) });
    const sentence = "The queue's schema is not in this database: run the migrations first.";
    await expect(bed.queue().ping()).rejects.toThrow(new QueueSchemaError(sentence));
    await expect(bed.queue().enqueue(drain, { integrationId: 'abc' })).rejects.toThrow(sentence);
    await expect(bed.worker([drain], { 'webhooks.drain': async () => 'drained' })).rejects.toThrow(sentence);
    await bed.close();
  });
});
