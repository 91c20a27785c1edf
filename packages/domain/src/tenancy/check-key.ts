import type { Context } from '../context.ts';
import type { ApiKeyActor } from './actor.ts';
import { withTenant } from './doors.ts';

/**
 * Shows an API key to its door and does nothing inside: before a body is read from who may be a stranger.
 * @throws DomainError `unauthenticated`
 */
export async function checkKey(ctx: Pick<Context<ApiKeyActor>, 'database' | 'actor'>): Promise<void> {
  await withTenant({ ...ctx, requestId: '' }, { allowInactive: true, readOnly: true }, async () => {});
}
