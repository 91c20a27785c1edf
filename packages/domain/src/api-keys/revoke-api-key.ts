import { raw } from 'objection';
import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import { ApiKey, findApiKey } from './api-key.ts';

/** Ends a key for good: it is refused with the next request, on every process. */
export async function revokeApiKey(
  ctx: Context,
  { organization, key: reference }: { organization: string; key: string },
): Promise<void> {
  const api_key_id = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'api_key.write');
    const key = await findApiKey(tx, reference);
    refuseAbove(tx, key.role);
    await ApiKey.query(tx)
      .where({ id: key.id })
      .patch({ revoked_at: raw('app.now()') as never });
    await audit(tx, { action: 'api_key.revoked', subject: { type: 'api_key', id: key.id } });
    return key.id;
  });
  // Outside of the database, so that it can be done again after a restore.
  ctx.log.info({ api_key_id, request_id: ctx.requestId }, 'an API key was revoked');
}
