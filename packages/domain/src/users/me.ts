import * as z from 'zod';
import { notFound } from '../errors.ts';
import { Rendered, Resource } from '../resource.ts';
import type { PersonView } from '../tenancy/doors.ts';
import { roles, scopes } from '../tenancy/tenant-tx.ts';

/** Which e-mails a person may do without. */
export const noticeNames = ['token_expiring', 'token_dead', 'page_moved', 'staff_entered'] as const;

const noticesShape = z.object(mapNotices(() => z.boolean()));

/** Those that are to change; the others stay. */
export const noticesInput = z.strictObject(mapNotices(() => z.boolean().optional()));

const organizationShape = z.object({ id: z.string(), name: z.string(), slug: z.string(), role: z.enum(roles) });

/** At most a hundred organizations; `GET /v1/organizations` pages through all of them. */
const common = { id: z.string(), name: z.string(), organizations: z.array(organizationShape).max(100) };

const userShape = z
  .object({
    ...common,
    type: z.literal('user'),
    email: z.string(),
    email_verified: z.boolean(),
    two_factor_enabled: z.boolean(),
    is_staff: z.boolean(),
    notices: noticesShape,
  })
  .meta({ id: 'Me' });

const keyShape = z
  .object({ ...common, type: z.literal('api_key'), role: z.enum(roles), scopes: z.array(z.enum(scopes)) })
  .meta({ id: 'MeAsApiKey' });

/** Who sent the request: a person, or a customer's program. */
export const meShape = z.discriminatedUnion('type', [userShape, keyShape]);

export type MeShape = z.output<typeof meShape>;

/** better-auth changes the row too: what counts its versions is the time of change, in microseconds. */
export const versionOfPerson = '(extract(epoch from users.updated_at) * 1000000)::bigint';

/** Reads from a relation named `users`. */
const userResource = new Resource<z.output<typeof userShape>>(
  { id: ['user', 'users.id'] },
  {
    name: 'users.name',
    email: 'users.email',
    email_verified: 'users.email_verified',
    two_factor_enabled: 'users.two_factor_enabled',
    is_staff: 'users.is_staff',
    notices: mapNotices(name => `coalesce((users.notices ->> '${name}')::boolean, true)`),
  },
  versionOfPerson,
);

/** Reads from a relation named `organizations`. */
const organizationResource = new Resource<z.output<typeof organizationShape>>(
  { id: ['organization', 'organizations.id'] },
  { name: 'organizations.name', slug: 'organizations.slug' },
);

/** A person as they see themself, with their active organizations, newest first. */
export async function showPerson({ userId, raw }: PersonView): Promise<Rendered<MeShape>> {
  const people = await raw(`select ${userResource.columns.join(', ')} from auth.users as users where id = ?`, [userId]);
  const { rows } = await raw(
    `select ${organizationResource.columns.join(', ')}, organizations.role
     from router.my_organizations(?) as organizations where is_active order by id desc limit 100`,
    [userId],
  );
  const [person] = people.rows;
  if (!person) throw notFound('person');
  const organizations = rows.map((row: Row) => organizationResource.render(row, { role: row.role }));
  return userResource.one(person, { type: 'user', organizations: new Rendered(`[${organizations.join(',')}]`) });
}

type Row = Record<string, unknown>;

function mapNotices<Value>(make: (name: string) => Value) {
  return Object.fromEntries(noticeNames.map(name => [name, make(name)])) as Record<(typeof noticeNames)[number], Value>;
}
