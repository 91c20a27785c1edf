import * as z from 'zod';
import { authorize, refuseAbove, refuseBeyond } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { nameInput } from '../name-input.ts';

import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { scopes, type TenantTx } from '../tenancy/tenant-tx.ts';
import { type NewApiKeyShape, refuseOutliving, roleInput, scopesInput } from './api-key.ts';
import { storeApiKey } from './store-api-key.ts';

export const createApiKeyInput = z.strictObject({
  name: nameInput,
  role: roleInput,
  scopes: scopesInput.default([...scopes]),
  expires_at: z.iso.datetime({ offset: true }).nullable().default(null).describe('Null: until it is revoked.'),
});

/**
 * Makes an API key. Nobody gives it a role above their own, and a key no scope that it lacks and no later end.
 * @throws DomainError `forbidden`, `invalid_request` for an end in the past, `too_many_keys`
 */
export async function createApiKey(
  ctx: Context,
  { organization, ...input }: { organization: string } & z.output<typeof createApiKeyInput>,
): Promise<Rendered<NewApiKeyShape>> {
  const { name, role, scopes } = input;
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'api_key.write');
    refuseAbove(tx, role);
    refuseBeyond(tx, scopes);
    const expires_at = input.expires_at === null ? null : new Date(input.expires_at);
    if (expires_at) await refusePast(tx, expires_at);
    await refuseOutliving(tx, expires_at);
    const { id, shown } = await storeApiKey(tx, { name, role, scopes, expires_at });
    await audit(tx, {
      action: 'api_key.created',
      subject: { type: 'api_key', id },
      changes: { name, role, scopes, expires_at },
    });
    return shown;
  });
}

async function refusePast(tx: TenantTx, time: Date): Promise<void> {
  const { rows } = await tx.raw('select ?::timestamptz > app.now() as is_future', [time]);
  if (rows[0].is_future) return;
  throw new DomainError('invalid_request', 'Some fields are not valid.', [
    { pointer: '/expires_at', code: 'in_the_past', detail: 'It must lie in the future.' },
  ]);
}
