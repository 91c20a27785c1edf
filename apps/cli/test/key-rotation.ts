import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, type Uuid } from '@pagekeeper/domain/ids';
import { sealedColumns } from '@pagekeeper/domain/keys/sealed-columns';
import { parseKeyRing } from '@pagekeeper/domain/vault/key-ring';
import { openVault } from '@pagekeeper/domain/vault/open-vault';
import { Sealed } from '@pagekeeper/domain/vault/sealed';
import { keyIdOf, type Vault, type WrappedKey } from '@pagekeeper/domain/vault/vault';
import { payloadOf } from '@pagekeeper/domain/webhooks/webhook-event';
import { Secret } from '@pagekeeper/runtime/secret';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pagekeeper, pagekeeperJson, type Run, type RunOptions } from './run.ts';

const [k1, k2] = ['k1', 'k2'].map(id => `${id}:${randomBytes(32).toString('base64')}`);

export interface RotationSize {
  values: number;
  kills: number;
  batch: number;
  /** A kill comes at most so long after the first batch. */
  killWithinMs: number;
}

/** Rotates all keys of a system that is at work, killed again and again. */
export function testRotation({ values, kills, batch, killWithinMs }: RotationSize): void {
  let network: Network;
  let acme: Tenant;
  let page: ConnectedPage;

  beforeAll(async () => {
    // Every process knows the new key before anything is wrapped by it.
    network = await startNetwork({ keys: `${k1},${k2}` });
    const tenants = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
    acme = tenants[0];
    await tenants[1].connectPage();
    page = await acme.connectPage();
    await acme.owner.expect(
      200,
      acme.owner.send('post', `${acme.path}/integrations/${page.id}/refresh?wait=true`, undefined, {
        'Idempotency-Key': 'once',
      }),
    );
    await comment(network, page);
    await network.settle();
    await addValues(network, acme, page, values);
  }, 300_000);

  afterAll(() => network?.stop());

  const keys = (words: string[], options: RunOptions & { ring?: string } = {}): Promise<Run> => {
    const { ring = `${k2},${k1}`, ...others } = options;
    return pagekeeper(['keys', ...words], { env: { ...network.variables, PAGEKEEPER_KEYS: ring }, ...others });
  };

  it('wraps every key with the first of the ring, and then the old one can leave it', async () => {
    const early = await keys(['check'], { ring: k2! });
    expect([early.code, early.stderr]).toEqual([
      1,
      expect.stringMatching(/lacks the key k1, which this database needs/),
    ]);
    const [{ count }] = await network.sql('select count(*)::int from organization_keys');
    const rotated = await keys(['rotate', '--json']);
    expect(JSON.parse(rotated.stdout)).toEqual({ wrapped_by: 'k2', system_keys: 2, data_keys: count });
    const again = await keys(['rotate']);
    expect([again.code, again.stdout]).toEqual([0, 'k2 wraps everything; 0 keys wrapped anew.\n']);
    const late = await keys(['check'], { ring: k2! });
    expect([late.code, late.stdout]).toEqual([0, expect.stringMatching(/^k2 wraps 2 data keys\.\n/)]);
    expect(late.stdout).toMatch(/sealed by current data keys, 0 by earlier ones\.\nOpened [\d,]+; all open\.\n$/);
  }, 120_000);

  it(`seals ${values} values anew while customers write and pages are checked, killed ${kills} times`, async () => {
    const before = await sealedByKey(network);
    const atWork = new AbortController();
    const work = Promise.all([write(network, page, atWork.signal), refresh(acme, page, atWork.signal)]);
    const words = ['rotate', '--data', '--batch', String(batch)];
    const rotate = async (): Promise<{ left: number; done: Run }> => {
      let left = Number.POSITIVE_INFINITY;
      let anew = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        const run = await keys(words, { onNote: killAtWork(killWithinMs) });
        expect([run.code, run.stderr]).toEqual([
          null,
          expect.stringMatching(/Re-encrypting: [\d,]+ of [\d,]+ \(\d+ %\)/),
        ]);
        // Customers write meanwhile, at first with the key that was current when they began: what is left may grow.
        const [counted] = await network.sql(sqlOfSealed);
        expect(counted.anew).toBeGreaterThan(anew);
        ({ left, anew } = counted);
      }
      return { left, done: await keys([...words, '--json']) };
    };
    const { left, done } = await rotate().finally(async () => {
      atWork.abort();
      await work;
    });
    expect(left).toBeGreaterThan(0);
    await network.settle(60_000);
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/Reading back: 2 of 2/)]);
    const { resealed, reread, left: none, faulty } = JSON.parse(done.stdout);
    expect([none, faulty]).toEqual([0, 0]);
    expect(resealed).toBeLessThanOrEqual(left);
    expect(reread).toBeGreaterThanOrEqual(values);
    // One new key for each organization, however often it began anew; and nothing is sealed by another.
    const after = await sealedByKey(network);
    expect([...after.keys()].some(key => before.has(key))).toBe(false);
    expect(after.size).toBe(2);
    expect(await network.sql('select organization_id from organization_keys')).toHaveLength(4);
    await openAll(network);
    expect(await network.sql('select from key_rotations where finished_at is null')).toEqual([]);
    const check = await pagekeeperJson(['keys', 'check'], { env: { ...network.variables, PAGEKEEPER_KEYS: k2 } });
    expect(check).toMatchObject({ organizations: 2, wrapped_by: { k2: 4 }, earlier: 0, faulty: 0, faults: [] });
    expect(check.current).toBe(check.opened);
  }, 600_000);

  it('leaves a value that changes under it as it is, and says that it is not done', async () => {
    const vault = await vaultOf(network, k2!);
    const [login] = await network.sql('select id, organization_id from facebook_logins limit 1');
    const [key] = await network.sql<WrappedKey>(
      'select * from organization_keys where is_current and organization_id = $1',
      [login.organization_id],
    );
    const place = { table: 'facebook_logins', column: 'access_token', rowId: login.id };
    const fresh = vault.seal(vault.unwrap(key!), place, new Secret('EAAB fresh')).bytes();
    const elsewhere = new pg.Client({ connectionString: network.database.adminUrl });
    await elsewhere.connect();
    // Somebody stores a new token, sealed by the key of before, and commits while the rotation waits for the row.
    await elsewhere.query('begin');
    await elsewhere.query('update facebook_logins set access_token = $2 where id = $1', [login.id, fresh]);
    const rotating = keys(['rotate', '--data']);
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'update facebook_logins%'
      and datname = current_database()`;
    await network.untilSql(waiting, 'the rotation waits for the row');
    await elsewhere.query('commit');
    await elsewhere.end();
    const done = await rotating;
    expect([done.code, done.stdout]).toEqual([
      1,
      expect.stringContaining('1 value is still sealed by an earlier key: run this again.'),
    ]);
    const read = async () =>
      (await network.sql('select access_token from facebook_logins where id = $1', [login.id]))[0];
    expect((await read()).access_token).toEqual(fresh);
    expect((await keys(['rotate', '--data'])).code).toBe(0);
    const sealed = Sealed.fromBytes((await read()).access_token);
    const [current] = await network.sql<WrappedKey>('select * from organization_keys where id = $1', [keyIdOf(sealed)]);
    expect(current).toMatchObject({ is_current: true });
    expect(vault.open(vault.unwrap(current!), place, sealed).reveal()).toBe('EAAB fresh');
  }, 300_000);

  it('says what would not open, and leaves it as it is', async () => {
    const [one, other] = await network.sql(`select id, payload from webhook_events order by id limit 2`);
    await network.sql('update webhook_events set payload = $2 where id = $1', [one.id, other.payload]);
    const fault = `webhook_events.payload of ${one.id} does not open: it was changed or moved.`;
    // Customers have written more since: how many depends on the time that it took.
    const [{ count }] = await network.sql('select count(*)::int as count from webhook_events');
    const check = await keys(['check', '--sample', String(count)]);
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining(`1 would not open.\n  ${fault}\n`)]);
    const sample = await keys(['check', '--sample', '3']);
    expect([sample.code, sample.stdout]).toEqual([0, expect.stringMatching(/Opened \d+ \(a sample\); all open\./)]);
    const rotated = await keys(['rotate', '--data', '--batch', '1000']);
    expect([rotated.code, rotated.stdout]).toEqual([1, expect.stringContaining(`1 open by no key`)]);
    expect(rotated.stdout).toContain(fault);
    const [still] = await network.sql('select payload from webhook_events where id = $1', [one.id]);
    expect(still.payload).toEqual(other.payload);
    expect(await network.sql('select from key_rotations where finished_at is null')).toEqual([]);
  }, 300_000);
}

/** Kills the command with -9 a moment after its first batch is stored. */
const killAtWork = (withinMs: number) => (text: string, child: ChildProcess) => {
  if (text.includes('Re-encrypting')) setTimeout(() => child.kill('SIGKILL'), Math.random() * withinMs);
};

/** How many values an earlier data key sealed, and how many the current one. */
const sqlOfSealed = `select count(*) filter (where not k.is_current)::int as left,
  count(*) filter (where k.is_current)::int as anew
  from (${sealedColumns
    .map(({ table, column }) => `select organization_id, substring(${column} from 2 for 16) as key from ${table}`)
    .join(' union all ')}) as sealed
  join organization_keys k on k.organization_id = sealed.organization_id and uuid_send(k.id) = sealed.key`;

/** Events that were worked off long ago, sealed as the inbox does. */
async function addValues(network: Network, acme: Tenant, { id, page }: ConnectedPage, count: number): Promise<void> {
  const vault = await vaultOf(network, `${k1},${k2}`);
  const [key] = await network.sql<WrappedKey>('select * from organization_keys where organization_id = $1', [
    acme.uuid,
  ]);
  const [integration] = await network.sql('select id from integrations where organization_id = $1', [acme.uuid]);
  expect(id).toMatch(/^int_/);
  for (let added = 0; added < count; added += 5_000) {
    const ids = Array.from({ length: Math.min(5_000, count - added) }, () => newId());
    const payloads = ids.map(each =>
      vault.seal(vault.unwrap(key!), payloadOf(each), Buffer.from(JSON.stringify({ text: `Event ${each}` }))).bytes(),
    );
    await network.sql(
      `insert into webhook_events (organization_id, id, integration_id, page_id, kind, state, payload)
       select $1, given.id, $2, $3, 'comment.add', 'processed', given.payload
       from unnest($4::uuid[], $5::bytea[]) as given (id, payload)`,
      [acme.uuid, integration.id, page.page_id, ids, payloads],
    );
  }
}

const comment = (network: Network, { page }: ConnectedPage): Promise<unknown> =>
  network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { from: { name: 'Ana' }, text: 'In stock?' });

async function write(network: Network, page: ConnectedPage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await comment(network, page);
    await sleep(100);
  }
}

async function refresh(acme: Tenant, { id }: ConnectedPage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await acme.owner.post(`${acme.path}/integrations/${id}/refresh`);
    await sleep(300);
  }
}

const vaultOf = (network: Network, ring: string): Promise<Vault> =>
  openVault(network.services.database, parseKeyRing(ring));

/** How many values each data key sealed. */
async function sealedByKey(network: Network): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { value } of await readAll(network)) {
    const id = keyIdOf(Sealed.fromBytes(value));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Opens every value with the current key of its organization; the new key-encryption key is the only one here. */
async function openAll(network: Network): Promise<void> {
  const vault = await vaultOf(network, k2!);
  const rows = await network.sql<WrappedKey>('select * from organization_keys where is_current');
  const keys = new Map(rows.map(row => [row.organization_id, vault.unwrap(row)]));
  for (const { organization_id, id, value, table, column } of await readAll(network)) {
    vault.openBytes(keys.get(organization_id)!, { table, column, rowId: id }, Sealed.fromBytes(value));
  }
}

interface Value {
  organization_id: Uuid;
  id: Uuid;
  value: Buffer;
  table: string;
  column: string;
}

async function readAll(network: Network): Promise<Value[]> {
  const read = sealedColumns.map(async ({ table, column }) => {
    const rows = await network.sql(
      `select organization_id, id, ${column} as value from ${table} where ${column} is not null`,
    );
    expect(rows.length > 0 || table === 'page_unsubscriptions', table).toBe(true);
    return rows.map(row => ({ ...row, table, column }));
  });
  return (await Promise.all(read)).flat();
}
