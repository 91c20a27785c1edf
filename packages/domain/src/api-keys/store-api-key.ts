import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { Rendered } from '../resource.ts';
import type { Role, Scope, TenantTx } from '../tenancy/tenant-tx.ts';
import { ApiKey, apiKeyResource, isActive, type NewApiKeyShape } from './api-key.ts';
import { hashOf, newSecret, prefixOf } from './secret.ts';

/** Each key has a rate limit of its own: without a bound there would be none. */
const maxActiveKeys = 100;

/**
 * Makes a key; the answer is the only place that its secret ever stands in.
 * @throws DomainError `too_many_keys`
 */
export async function storeApiKey(
  tx: TenantTx,
  { name, role, scopes, expires_at }: { name: string; role: Role; scopes: Scope[]; expires_at: Date | null },
): Promise<{ id: Uuid; shown: Rendered<NewApiKeyShape> }> {
  const { organizationId: organization_id, userId: created_by } = tx.tenant;
  await refuseTooMany(tx);
  const secret = newSecret();
  const id = newId();
  await ApiKey.query(tx).insert({
    organization_id,
    id,
    name,
    prefix: prefixOf(secret),
    secret_hash: hashOf(secret),
    role,
    scopes,
    expires_at,
    created_by,
  });
  const row = await ApiKey.query(tx)
    .findOne({ id })
    .select(...apiKeyResource.selection);
  return { id, shown: new Rendered(apiKeyResource.render(row as never, { secret })) };
}

async function refuseTooMany(tx: TenantTx): Promise<void> {
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`api keys ${tx.tenant.organizationId}`]);
  const active = await ApiKey.query(tx).whereRaw(isActive).resultSize();
  if (active >= maxActiveKeys) {
    throw new DomainError(
      'too_many_keys',
      `An organization has ${maxActiveKeys} active API keys at most. Revoke some.`,
    );
  }
}
