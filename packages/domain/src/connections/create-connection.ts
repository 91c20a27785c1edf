import { randomBytes } from 'node:crypto';
import { dialogUrl, requiredScopes } from '@pagekeeper/facebook/dialog';
import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { findBusiness } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId, publicId } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { findIntegration, type Integration } from '../integrations/integration.ts';
import { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import {
  callbackUrl,
  dialogMinutes,
  type FacebookApp,
  FacebookConnection,
  hashOfState,
} from './facebook-connection.ts';

export const createConnectionInput = z.strictObject({
  reconnect: z.string().max(100).optional().describe('`int_…`, the integration that is to work again.'),
  ask_again: z
    .enum(['pages', 'permissions'])
    .optional()
    .describe(
      'Facebook remembers what was chosen: `pages` opens its page picker again, `permissions` asks again for what was declined. Chosen by itself where it is not given.',
    ),
});

/** `authorize_url` is Facebook's login dialog, for the browser of the person who asks. */
export const newConnectionShape = z.object({ id: z.string(), authorize_url: z.string() }).meta({ id: 'NewConnection' });

export type NewConnectionShape = z.output<typeof newConnectionShape>;

/** Dialogs open at a time; more is a mistake or worse. */
const maxOpen = 200;

/**
 * Begins a way through Facebook's login dialog. The state in its address is good once, for this person in this session
 * and organization, for half an hour; kept is its hash.
 */
export async function createConnection(
  ctx: Context<UserActor>,
  app: FacebookApp,
  input: { organization: string; business: string } & z.output<typeof createConnectionInput>,
): Promise<Rendered<NewConnectionShape>> {
  const { organization, business: reference, reconnect, ask_again } = input;
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'connection.write');
    const business = await findBusiness(tx, reference);
    const integration = reconnect === undefined ? null : await findOwn(tx, reconnect, business.id);
    await refuseTooMany(tx);
    const { organizationId: organization_id } = tx.tenant;
    const id = newId();
    // The organization is in front, so that the callback knows which door to knock at.
    const state = `${publicId('organization', organization_id)}.${randomBytes(32).toString('base64url')}`;
    await FacebookConnection.query(tx).insert({
      organization_id,
      id,
      business_id: business.id,
      user_id: ctx.actor.userId,
      session_id: sessionOf(ctx.actor),
      state_hash: hashOfState(state),
      reconnect_id: integration?.id ?? null,
      expires_at: raw(`app.now() + interval '${dialogMinutes} minutes'`) as never,
    });
    const authType = askAgainAs[ask_again ?? (await whatToAskAgain(tx, integration)) ?? 'nothing'];
    const { dialogUrl: dialog, version, appId, loginConfigId } = app;
    const url = dialogUrl({
      dialogUrl: dialog,
      version,
      appId,
      redirectUri: callbackUrl(ctx.publicUrl),
      state,
      asks: loginConfigId ? { configId: loginConfigId } : { scopes: requiredScopes },
      ...(authType && { authType }),
    });
    const shown: NewConnectionShape = { id: publicId('connection', id), authorize_url: url };
    await audit(tx, {
      action: 'connection.begun',
      subject: { type: 'connection', id },
      changes: {
        business_id: publicId('business', business.id),
        ...(integration && { integration_id: publicId('integration', integration.id) }),
      },
    });
    return new Rendered(JSON.stringify(shown));
  });
}

const askAgainAs = { pages: 'reauthorize', permissions: 'rerequest', nothing: undefined } as const;

async function findOwn(tx: TenantTx, reference: string, businessId: string): Promise<Integration> {
  const integration = await findIntegration(tx, reference);
  if (integration.business_id === businessId) return integration;
  throw new DomainError('invalid_request', 'The integration that is to work again belongs to another business.', [
    { pointer: '/reconnect', code: 'invalid', detail: 'Begin the connection in its own business.' },
  ]);
}

function sessionOf({ sessionId }: UserActor) {
  if (!sessionId) throw new DomainError('unauthenticated', 'A connection is begun in a browser that is signed in.');
  return sessionId;
}

async function refuseTooMany(tx: TenantTx): Promise<void> {
  const open = await FacebookConnection.query(tx)
    .where({ state: 'waiting' })
    .where(raw('expires_at > app.now()') as never)
    .resultSize();
  if (open < maxOpen) return;
  throw new DomainError('invalid_request', `${maxOpen} dialogs are open. Finish one, or wait for half an hour.`);
}

/** Facebook silently uses the pages picked before: whoever connects again, or more, wants to choose anew. */
async function whatToAskAgain(tx: TenantTx, integration: Integration | null): Promise<'pages' | 'permissions' | null> {
  if (!integration) return (await FacebookLogin.query(tx).select('id').first()) ? 'pages' : null;
  const page = await FacebookPageIntegration.query(tx).findOne({ id: integration.id });
  return page?.status_reason?.code === 'permission_missing' ? 'permissions' : 'pages';
}
