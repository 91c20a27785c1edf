import { raw } from 'objection';
import * as z from 'zod';
import { authorize, refuseAbove, refuseBeyond } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { publicId } from '../ids.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { ApiKey, findApiKey, type NewApiKeyShape, refuseOutliving } from './api-key.ts';
import { storeApiKey } from './store-api-key.ts';

export const rotateApiKeyInput = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(3_600)
    .describe('How long the old secret goes on beside the new one.'),
});

/**
 * Puts a new key with the same name, role, scopes and end in a key's place. The old one ends after the overlap.
 * @throws DomainError `forbidden`, `key_rotated` when it has a successor already, `too_many_keys`
 */
export async function rotateApiKey(
  ctx: Context,
  input: { organization: string; key: string } & z.output<typeof rotateApiKeyInput>,
): Promise<Rendered<NewApiKeyShape>> {
  const { organization, key: reference, overlap_seconds } = input;
  const { api_key_id, shown } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'api_key.write');
    const old = await findApiKey(tx, reference);
    // Whoever rotates a key gets its secret.
    refuseAbove(tx, old.role);
    refuseBeyond(tx, old.scopes);
    await refuseOutliving(tx, old.expires_at);
    if (old.replaced_by) {
      throw new DomainError(
        'key_rotated',
        `It was rotated already: rotate ${publicId('api_key', old.replaced_by)} instead.`,
      );
    }
    const { id: replaced_by, shown } = await storeApiKey(tx, old);
    // The lesser of the two: an overlap does not prolong a key.
    const expires_at = raw(`least(expires_at, app.now() + ? * interval '1 second')`, [overlap_seconds]) as never;
    await ApiKey.query(tx).where({ id: old.id }).patch({ replaced_by, expires_at });
    await audit(tx, {
      action: 'api_key.rotated',
      subject: { type: 'api_key', id: old.id },
      changes: { replaced_by: publicId('api_key', replaced_by), overlap_seconds },
    });
    return { api_key_id: old.id, shown };
  });
  // Outside of the database, so that it can be done again after a restore.
  ctx.log.info({ api_key_id, request_id: ctx.requestId }, 'an API key was rotated');
  return shown;
}
