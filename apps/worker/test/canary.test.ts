import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { findRedis, type RunningRedis, startRedis } from '@pagekeeper/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let redis: RunningRedis | null = null;
let network: Network;
/** Every command that Redis was ever sent. */
let redisTraffic = '';
let monitor: ReturnType<typeof spawn> | undefined;

beforeAll(async () => {
  if (findRedis()) {
    redis = await startRedis();
    monitor = spawn('redis-cli', ['-u', redis.url, 'monitor'], { stdio: ['ignore', 'pipe', 'ignore'] });
    monitor.stdout!.on('data', chunk => {
      redisTraffic += chunk;
    });
  }
  network = await startNetwork({
    redisUrl: redis?.url,
    apiEnv: { LOG_LEVEL: 'trace' },
    workerEnv: { LOG_LEVEL: 'trace' },
  });
}, 60_000);

afterAll(async () => {
  await network?.stop();
  monitor?.kill();
  await redis?.stop();
});

describe('canaries', () => {
  it('are found nowhere: not in answers, logs, jobs, Redis or any table, whatever goes wrong', async () => {
    const text = `CANARY-${randomUUID()}`;
    const canaries = [text, ...(await liveThroughEverything(text))];
    await network.settle(30_000);
    const places: Record<string, string> = {
      answers: network.answers.join('\n'),
      logs: network.output.filter(line => !line.includes('"name":"graph-simulator"')).join('\n'),
      redis: redisTraffic,
      ...(await everyTable()),
    };
    expect(places.logs).toContain('check failed');
    if (redis) expect(redisTraffic).toContain('webhooks.drain');
    for (const [place, content] of Object.entries(places)) {
      for (const canary of canaries) {
        for (const form of disguises(canary)) expect(content.includes(form), `${form} in ${place}`).toBe(false);
      }
    }
  }, 90_000);

  it('would be found: the search sees what is really there', async () => {
    const [{ name }] = (await network.sql('select name from businesses limit 1')) as [{ name: string }];
    const tables = await everyTable();
    expect(tables['public.businesses']).toContain(name);
  });
});

/** The main job with every kind of failure on the way. Returns all tokens that were ever handed over. */
async function liveThroughEverything(text: string): Promise<string[]> {
  const acme = await network.tenant('acme');
  const rival = await network.tenant('rival');
  const { id, page } = await acme.connectPage();
  const tokens = [page.userToken, page.page_access_token];
  const control = `/__sim/pages/${page.page_id}`;
  await network.simulator.post(`${control}/comments`, { text, from: { name: text } });
  await network.simulator.post(`${control}/messages`, { text });
  await network.settle();
  // Facebook quotes the token back in its error.
  const message = `Malformed access token ${page.page_access_token}`;
  await network.simulator.post('/__sim/faults', {
    match: { page_id: page.page_id },
    fault: { type: 'error', http: 400, code: 100, message },
    times: 3,
  });
  await network.simulator.post(`${control}/comments`, { text });
  await network.settle();
  await acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`);
  await network.simulator.post('/__sim/faults', {
    match: { endpoint: 'debug_token' },
    fault: { type: 'reset' },
    times: 9,
  });
  await acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`);
  await network.simulator.delete('/__sim/faults');
  await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
  await acme.owner.post(`${acme.path}/integrations/${id}/refresh?wait=true`);
  // Tokens in bodies that are refused, and in places where none belongs.
  const bad = { page_id: 'x', access_token: page.userToken, page_access_token: page.page_access_token };
  await acme.owner.put(`${acme.path}/integrations/${id}/facebook-page`, bad);
  await acme.owner.put(`${acme.path}/integrations/${id}/facebook-page`, { ...bad, page_id: '1', [page.userToken]: 1 });
  await rival.owner.put(`${acme.path}/integrations/${id}/facebook-page`, { ...bad, page_id: page.page_id });
  await rival.owner.get(`${rival.path}/integrations?access_token=${page.userToken}`);
  await acme.member.get(`${acme.path}/integrations`);
  const [fresh] = await network.simulator.logIn(page.personId);
  await acme.owner.put(`${acme.path}/integrations/${id}/facebook-page`, {
    page_id: page.page_id,
    access_token: fresh!.userToken,
    page_access_token: fresh!.page_access_token,
  });
  await acme.refresh(id);
  await acme.owner.delete(`${acme.path}/integrations/${id}`);
  await acme.owner.post(`${acme.path}/integrations/${id}/restore`);
  return [...tokens, fresh!.userToken, fresh!.page_access_token];
}

/** Every row of every table of every schema, as text. */
async function everyTable(): Promise<Record<string, string>> {
  const tables = await network.sql(`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`);
  const found: Record<string, string> = {};
  for (const { schema, name } of tables) {
    const rows = await network.sql(`select t::text as row from "${schema}"."${name}" t`);
    found[`${schema}.${name}`] = rows.map(({ row }) => row).join('\n');
  }
  return found;
}

const disguises = (canary: string): string[] => [
  canary,
  encodeURIComponent(canary),
  Buffer.from(canary).toString('hex'),
  // Without its ends, base64 is the same wherever the text begins in threes.
  ...[0, 1, 2].map(offset => Buffer.from(canary.slice(offset)).toString('base64').slice(0, 40)),
];
