import { mayGrant } from '@pagekeeper/domain/access/authorize';
import { newId } from '@pagekeeper/domain/ids';
import { roles, scopes } from '@pagekeeper/domain/tenancy/tenant-tx';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

/** What holds for any input. fast-check says its seed when a property fails. */

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());

const timeoutMs = 120_000;

const createBusiness = (name: string, key?: string) =>
  acme.owner.post(`${acme.path}/businesses`, { name }, key ? { 'Idempotency-Key': key } : {});

describe('a cursor', () => {
  const list = (query: string) => acme.owner.get(`${acme.path}/businesses?${query}`);

  it('leads through a list once, in order, whatever the sizes of its pages and what is added meanwhile', {
    timeout: timeoutMs,
  }, async () => {
    for (let index = 0; index < 12; index += 1) await acme.owner.expect(201, createBusiness('Row'));
    const step = fc.record({ limit: fc.integer({ min: 1, max: 9 }), adds: fc.boolean() });
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async steps => {
      const all = idsOf(await acme.owner.expect(200, list('limit=100')));
      const seen: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null; page += 1) {
        const { limit, adds } = steps[page % steps.length]!;
        const answer: any = await acme.owner.expect(200, list(`limit=${limit}${cursor && `&cursor=${cursor}`}`));
        expect(answer.data.length).toBe(Math.min(limit, all.length - seen.length));
        seen.push(...idsOf(answer));
        cursor = answer.next_cursor;
        if (adds && page === 0) await acme.owner.expect(201, createBusiness('Late'));
      }
      expect(seen).toEqual(all);
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('that no list gave out is a 400', { timeout: timeoutMs }, async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String(), fc.uuid());
    // 22 letters of base64url can be a cursor: then it is one.
    const property = fc.asyncProperty(
      text.filter(cursor => !/^[\w-]{22}$/.test(cursor)),
      async cursor => {
        const { status, body } = await list(`cursor=${encodeURIComponent(cursor)}`);
        expect([status, body.code]).toEqual([400, 'invalid_request']);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('an Idempotency-Key', () => {
  it('acts once, whatever is sent under it, in whatever order, at once or one by one', {
    timeout: timeoutMs,
  }, async () => {
    const request = fc.record({ key: fc.nat({ max: 2 }), name: fc.nat({ max: 1 }) });
    const bursts = fc.array(fc.array(request, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    const property = fc.asyncProperty(bursts, async plan => {
      const run = newId();
      const made = new Map<number, Set<string>>();
      for (const burst of plan) {
        const answers = await Promise.all(
          burst.map(({ key, name }) => createBusiness(`${run} ${name}`, `${run}-${key}`)),
        );
        for (const [index, { status, body, text }] of answers.entries()) {
          const { key } = burst[index]!;
          // Under way, or another body came first.
          if (status === 201) made.set(key, (made.get(key) ?? new Set()).add(text));
          else expect([409, 422], body.code).toContain(status);
        }
      }
      for (const texts of made.values()) expect(texts.size).toBe(1);
      const rows = await network.sql('select id from businesses where organization_id = $1 and name like $2', [
        acme.uuid,
        `${run}%`,
      ]);
      expect(made.size).toBe(new Set(plan.flat().map(({ key }) => key)).size);
      expect(rows).toHaveLength(made.size);
    });
    await fc.assert(property, { numRuns: 15 });
  });
});

describe('what an API key gives on', () => {
  const grant = fc.record({ role: fc.constantFrom(...roles), scopes: fc.subarray([...scopes], { minLength: 1 }) });

  it('is never more than it has: down any chain of keys that make keys', { timeout: timeoutMs }, async () => {
    const property = fc.asyncProperty(fc.array(grant, { minLength: 1, maxLength: 5 }), async chain => {
      let holder = await acme.program({ role: 'OWNER' });
      for (const wanted of chain) {
        const own = holder.key;
        const may =
          own.role !== 'MEMBER' &&
          own.scopes.includes('members') &&
          mayGrant(own.role, wanted.role) &&
          wanted.scopes.every(scope => own.scopes.includes(scope));
        const { status, body } = await holder.post(`${acme.path}/api-keys`, { name: 'Link', ...wanted });
        expect([status, own, wanted]).toEqual([may ? 201 : 403, own, wanted]);
        if (!may) continue;
        expect([body.role, body.scopes]).toEqual([wanted.role, wanted.scopes]);
        holder = Object.assign(network.program('link', body.secret), { key: body });
      }
      await network.sql('update api_keys set revoked_at = now() where organization_id = $1', [acme.uuid]);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('holds for members and invitations too', { timeout: timeoutMs }, async () => {
    const people = { OWNER: acme.owner, ADMIN: acme.admin, MEMBER: acme.member };
    const role = fc.constantFrom(...roles);
    const property = fc.asyncProperty(role, role, async (own, wanted) => {
      const may = own !== 'MEMBER' && mayGrant(own, wanted);
      const body = { email: `${newId()}@example.com`, role: wanted };
      const { status } = await people[own].post(`${acme.path}/invitations`, body);
      expect([own, wanted, status]).toEqual([own, wanted, may ? 201 : 403]);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
