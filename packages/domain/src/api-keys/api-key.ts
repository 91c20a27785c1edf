import * as z from 'zod';
import { DomainError, notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { Resource, timestamp } from '../resource.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import { type Role, roles, type Scope, scopes, type TenantTx } from '../tenancy/tenant-tx.ts';

/** What a customer's program shows instead of a session. It belongs to the organization and survives its maker. */
export class ApiKey extends TenantModel {
  static override tableName = 'api_keys';

  declare id: Uuid;
  declare name: string;
  declare prefix: string;
  declare secret_hash: Buffer;
  declare role: Role;
  declare scopes: Scope[];
  declare expires_at: Date | null;
  declare last_used_at: Date | null;
  declare revoked_at: Date | null;
  declare replaced_by: Uuid | null;
  declare created_by: Uuid | null;
  declare created_at: Date;
}

export const roleInput = z.enum(roles).describe('The most it may do; not above your own.');
export const scopesInput = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .refine(given => new Set(given).size === given.length, 'names a scope twice')
  .describe('What it may be used for, within its role.');

/** A key as lists show it. Its secret is not stored. */
export const apiKeyShape = z
  .object({
    id: z.string(),
    replaced_by: z.string().nullable().describe('The key that a rotation put in its place.'),
    created_by: z.string().nullable().describe('Null for one that another key made.'),
    name: z.string(),
    prefix: z.string().describe('The first letters of the secret.'),
    role: z.enum(roles),
    scopes: z.array(z.enum(scopes)),
    is_active: z.boolean(),
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('Written about once a minute.'),
    revoked_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'ApiKey' });

export const newApiKeyShape = apiKeyShape
  .extend({ secret: z.string().describe('Shown this once: send it as Authorization: Bearer pgk_live_…') })
  .meta({ id: 'NewApiKey' });

export type ApiKeyShape = z.output<typeof apiKeyShape>;
export type NewApiKeyShape = z.output<typeof newApiKeyShape>;

/** True for a key that opens the door: not revoked, not at its end. */
export const isActive =
  '(api_keys.revoked_at is null and (api_keys.expires_at is null or api_keys.expires_at > app.now()))';

export const apiKeyResource = new Resource<ApiKeyShape>(
  {
    id: ['api_key', 'api_keys.id'],
    replaced_by: ['api_key', 'api_keys.replaced_by'],
    created_by: ['user', 'api_keys.created_by'],
  },
  {
    name: 'api_keys.name',
    prefix: 'api_keys.prefix',
    role: 'api_keys.role',
    scopes: 'api_keys.scopes',
    is_active: isActive,
    expires_at: 'api_keys.expires_at',
    last_used_at: 'api_keys.last_used_at',
    revoked_at: 'api_keys.revoked_at',
    created_at: 'api_keys.created_at',
  },
);

/** The active key behind `key_…`, for a change. @throws DomainError `not_found` */
export async function findApiKey(tx: TenantTx, reference: string): Promise<ApiKey> {
  const id = parsePublicId('api_key', reference);
  if (!id) throw notFound('API key');
  const key = await ApiKey.query(tx).findOne({ id }).whereRaw(isActive).forUpdate();
  if (!key) throw notFound('API key');
  return key;
}

/**
 * A key that ends makes none that ends later.
 * @throws DomainError `forbidden`
 */
export async function refuseOutliving(tx: TenantTx, expiresAt: Date | null): Promise<void> {
  const { by } = tx.tenant;
  if (by.type !== 'api_key') return;
  const own = await ApiKey.query(tx)
    .findOne({ id: by.id as Uuid })
    .select('expires_at');
  if (!own?.expires_at || (expiresAt && expiresAt <= own.expires_at)) return;
  const end = own.expires_at.toISOString();
  throw new DomainError('forbidden', `This API key ends on ${end}, and makes none that ends later.`);
}
