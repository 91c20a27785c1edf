import { raw } from 'objection';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { forgetUnusedLogins } from '../integrations/store-facebook-page.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import { FacebookConnection } from './facebook-connection.ts';

/** Forgets what ended more than an hour ago, and the tokens of those who picked no page. */
export async function forgetConnections(
  ctx: Context,
  { organization_id: organization }: { organization_id: Uuid },
): Promise<{ outcome: 'forgot' | 'gone'; connections: number }> {
  try {
    return await withTenant(ctx, { organization }, async tx => {
      const ended = await FacebookConnection.query(tx)
        .delete()
        .where(raw(`expires_at < app.now() - interval '1 hour'`) as never)
        .returning('login_id');
      const logins = ended.flatMap(({ login_id }) => login_id ?? []);
      await forgetUnusedLogins(tx, logins);
      return { outcome: 'forgot', connections: ended.length };
    });
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', connections: 0 };
    throw error;
  }
}
