import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { startPostgres } from '@pagekeeper/testing/postgres';
import { takeLock } from '@pagekeeper/testing/system/lock';
import { isAlive } from '@pagekeeper/testing/system/process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as cli from './run.ts';

const pagekeeper = (words: readonly string[], options: cli.RunOptions = {}) =>
  cli.pagekeeper(words, { ...options, fromSource: true });
const pagekeeperJson = (words: readonly string[], options: cli.RunOptions = {}) =>
  cli.pagekeeperJson(words, { ...options, fromSource: true });

describe('demo:seed', () => {
  let network: Network;

  beforeAll(async () => {
    network = await startNetwork();
  }, 120_000);

  // The demo has a failed job.
  afterAll(() => network?.stop({ jobsMayFail: true }));

  const seed = (options: cli.RunOptions = {}) => pagekeeper(['demo:seed'], { env: network.variables, ...options });

  it('makes a week of two organizations: pages healthy, ending and dead, events answered and parked', async () => {
    const { code, stdout } = await seed();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Made the demo\. Sign in as owner@acme\.example, /)]);
    const owner = network.persona('owner');
    const credentials = { email: 'owner@acme.example', password: 'pagekeeper-demo' };
    await owner.expect(200, owner.post('/auth/sign-in/email', credentials));
    const { pages, days, waiting, expiring } = await owner.expect(200, owner.get('/v1/organizations/acme/overview'));
    expect(pages.map((page: { status: string }) => page.status).sort()).toEqual([
      'expiring',
      'healthy',
      'needs_reauth',
    ]);
    expect(days.filter(({ events }: { events: number }) => events > 0).length).toBeGreaterThanOrEqual(7);
    expect(days.reduce((sum: number, { replies }: { replies: number }) => sum + replies, 0)).toBeGreaterThan(20);
    // Answered when it came, not all today.
    expect(days.filter(({ replies }: { replies: number }) => replies > 0).length).toBeGreaterThanOrEqual(7);
    expect(waiting).toMatchObject({ pending: 0, failed: 0, parked: expect.any(Number) });
    expect(waiting.parked).toBeGreaterThan(0);
    expect(expiring).toHaveLength(2);
    const sam = network.persona('sam');
    await sam.expect(200, sam.post('/auth/sign-in/email', { ...credentials, email: 'staff@pagekeeper.example' }));
    const jobs = await sam.expect(200, sam.get('/v1/staff/jobs'));
    expect(jobs.data).toMatchObject([{ name: 'demo.fails-on-purpose', reason: expect.stringContaining('No handler') }]);
    const inactive = await owner.expect(200, owner.get('/v1/organizations/acme/businesses?active=false'));
    expect(inactive.data).toMatchObject([{ name: 'Old Bakery' }]);
    expect(await network.sql(`select from app.clock where clock_offset <> '0'`)).toEqual([]);
    expect((await network.simulator.get('/__sim/clock')).offset_seconds).toBe(0);
    expect((await seed()).stdout).toBe('The demo is there already.\n');
    await network.settle();
  }, 180_000);

  it('is for development: refused in production, and where Facebook itself is meant', async () => {
    const [production, facebook] = await Promise.all([
      seed({ env: { ...network.variables, NODE_ENV: 'production' } }),
      seed({ env: { ...network.variables, FACEBOOK_GRAPH_URL: 'https://graph.facebook.com' } }),
    ]);
    expect([production.code, production.stderr]).toEqual([2, expect.stringMatching(/^There is no demo in production/)]);
    expect([facebook.code, facebook.stderr]).toEqual([2, expect.stringMatching(/must be the simulator/)]);
  }, 60_000);
});

describe('reset', () => {
  const folder = mkdtempSync(join(inject('servers').folder, 'reset-'));
  const local = join(folder, '.pagekeeper');

  it('asks first, and leaves a system alone that runs', async () => {
    mkdirSync(local);
    const lock = takeLock(join(local, 'lock'));
    const [unsure, running] = await Promise.all([
      pagekeeper(['reset'], { cwd: folder }),
      pagekeeper(['reset', '--yes'], { cwd: folder }),
    ]);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringMatching(/Say so with --yes/)]);
    expect([running.code, running.stderr]).toEqual([1, expect.stringMatching(/already runs from this checkout/)]);
    expect(existsSync(local)).toBe(true);
    if (lock.taken) lock.release();
  }, 60_000);

  it('takes everything away, with the server that a killed start left behind', async () => {
    const postgres = await startPostgres({ dataDirectory: join(local, 'postgres') });
    writeFileSync(join(local, 'secrets.json'), '{}');
    expect(await pagekeeperJson(['reset', '--yes'], { cwd: folder })).toEqual({ removed: true });
    expect(existsSync(local)).toBe(false);
    expect(isAlive(postgres.pid)).toBe(false);
    expect((await pagekeeper(['reset', '--yes'], { cwd: folder })).stdout).toBe(
      'There is nothing to remove in this folder.\n',
    );
  }, 90_000);
});
