import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { endpoints } from '../src/endpoints.ts';
import { holdAnswersToTheContract, pathOf } from './contract.ts';
import { bodyOf, checksumOf, freshThings, keyOf, thingsOf } from './walk.ts';

holdAnswersToTheContract();

/** No column can be written by naming it: each write is sent with each column's name added, wherever an object stands. */

let network: Network;
let acme: Tenant;
let rival: Tenant;
let columns: string[];

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
  const rows = await network.sql<{ name: string }>(
    `select distinct a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace in ('public'::regnamespace, 'auth'::regnamespace) and c.relkind in ('r', 'p')
       and a.attnum > 0 and not a.attisdropped order by a.attname`,
  );
  columns = rows.map(({ name }) => name);
}, 60_000);

// One of the things that are walked over is a failed job.
afterAll(() => network?.stop({ jobsMayFail: true }));

type Body = Record<string, unknown>;

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object in the body: where it stands, as a JSON pointer. */
const objectsIn = (body: Body, at = ''): string[] => [
  at,
  ...Object.entries(body).flatMap(([name, value]) => (isObject(value) ? objectsIn(value, `${at}/${name}`) : [])),
];

/** The body with one field more in the object that stands there. */
function withField(body: Body, at: string, name: string, value: unknown): Body {
  const copy = structuredClone(body);
  let place = copy;
  for (const part of at.split('/').slice(1)) place = place[part] as Body;
  place[name] = value;
  return copy;
}

interface Schema {
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
}

/** The fields that a schema declares for the object that stands there. */
function declaredAt({ properties = {}, anyOf = [] }: Schema, [part, ...rest]: string[]): string[] {
  const own = part === undefined ? Object.keys(properties) : declaredAt(properties[part] ?? {}, rest);
  return [...own, ...anyOf.flatMap(choice => declaredAt(choice, part === undefined ? [] : [part, ...rest]))];
}

const writes = endpoints.filter(({ method }) => method !== 'get');

it.each(writes.map(endpoint => [keyOf(endpoint), endpoint] as const))(
  '%s takes no column that is no field of it',
  async (_, endpoint) => {
    const things = await freshThings(network, acme, thingsOf(endpoint));
    const path = pathOf(endpoint.path, things);
    const body = (endpoint.body ? bodyOf(endpoint, things) : {}) as Body;
    const before = await checksumOf(network);
    const schema = (endpoint.body ? z.toJSONSchema(endpoint.body, { io: 'input' }) : {}) as Schema;
    const strange = objectsIn(body).flatMap(at => {
      const declared = declaredAt(schema, at.split('/').slice(1));
      return columns.filter(name => !declared.includes(name)).map(name => ({ at, name }));
    });
    for (const { at, name } of strange) {
      // Worth something to somebody: another organization's id.
      const sent = withField(body, at, name, rival.uuid);
      const { errors } = await acme.owner.expect(400, acme.owner.send(endpoint.method, path, sent));
      expect(errors).toEqual([{ pointer: `${at}/${name}`, code: 'unknown_field', detail: 'There is no such field.' }]);
    }
    expect(await checksumOf(network)).toBe(before);
  },
  120_000,
);
