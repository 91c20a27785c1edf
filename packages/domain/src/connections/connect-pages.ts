import type { GraphError } from '@pagekeeper/facebook/graph-error';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { checkWhenFree } from '../facebook/check-when-free.ts';
import { replayStored } from '../idempotency/once.ts';
import { tenantAnswers } from '../idempotency/stores.ts';
import { publicId, type Uuid } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { facebookPageInput } from '../integrations/facebook-page-input.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { type IntegrationShape, integrationShape } from '../integrations/integration-resource.ts';
import { showIntegration } from '../integrations/show-integration.ts';
import { accessTokenOf } from '../integrations/store-facebook-page.ts';
import { tellOfMoveJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { Rendered } from '../resource.ts';
import { noteCall, passApp } from '../tenancy/app-pause.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from '../vault/organization-key.ts';
import { connectPage, PageRefused } from './connect-page.ts';
import { type FacebookApp, findReadyConnection, reasonShape } from './facebook-connection.ts';
import { type Offer, provePages } from './prove-pages.ts';
import { pageTaken, parentGone } from './reasons.ts';

export const connectPagesInput = z.strictObject({
  page_ids: z.array(facebookPageInput.shape.page_id).min(1).max(50),
  take_over: z
    .boolean()
    .default(false)
    .describe('Takes pages over that are connected elsewhere; the person must manage them on Facebook.'),
});

/** One entry per page that was asked for, in that order. */
export const connectedPagesShape = z
  .object({
    pages: z.array(
      z.object({
        page_id: z.string(),
        page_name: z.string().nullable(),
        outcome: z
          .enum(['connected', 'reconnected', 'refused'])
          .describe('reconnected: the integration that had the page goes on with its history and config.'),
        taken_over: z.boolean(),
        integration: integrationShape.nullable(),
        reason: reasonShape.nullable().describe('Why it was refused.'),
      }),
    ),
  })
  .meta({ id: 'ConnectedPages' });

export type ConnectedPagesShape = z.output<typeof connectedPagesShape>;

type Result = Omit<ConnectedPagesShape['pages'][number], 'integration'> & { integrationId: Uuid | null };

/**
 * Connects picked pages, each for itself: proves its token, claims it, stores it sealed. Then one check subscribes and
 * verifies all of them.
 * @throws DomainError `connection_not_ready`, and `unavailable` while Facebook does not answer
 */
export async function connectPages(
  ctx: Context,
  { appId }: FacebookApp,
  input: { organization: string; connection: string } & z.output<typeof connectPagesInput>,
): Promise<Rendered<ConnectedPagesShape>> {
  const { organization, connection: reference, page_ids, take_over: takeOver } = input;
  const { connection, token } = await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'connection.write');
    // Its answer outlives the connection, and Facebook need not be there for it.
    if (ctx.once) await replayStored(tx, tenantAnswers(tx, ctx.vault), ctx.once);
    const connection = await findReadyConnection(tx, reference);
    return { connection, token: await openLogin(tx, ctx, connection.login_id) };
  });
  const pass = await passApp(ctx.database, appId);
  if ('until' in pass)
    throw new DomainError('unavailable', 'Facebook wants to be left alone for a few minutes. Try again then.');
  const note = (error: GraphError | null) => noteCall(ctx.database, appId, pass, error);
  const offers = await provePages(ctx.graph, { appId, token, pageIds: [...new Set(page_ids)], note });
  const results: Result[] = [];
  for (const offer of offers) {
    results.push(await connectOne(ctx, { organization, connection, takeOver }, offer));
  }
  if (results.some(({ integrationId }) => integrationId)) {
    const login = { organization_id: connection.organization_id, login_id: connection.login_id };
    await checkWhenFree(ctx, appId, login);
  }
  return await present(ctx, organization, results);
}

async function openLogin(tx: TenantTx, { vault }: Context, id: Uuid) {
  const login = await FacebookLogin.query(tx).findOne({ id });
  if (!login || login.revoked_at) throw new DomainError('connection_not_ready', loginEnded);
  return vault.open(await dataKeyOf(tx, vault, login.access_token), accessTokenOf(id), login.access_token);
}

const loginEnded = 'The person has taken the login back on Facebook. Begin a new connection.';

interface Picking {
  organization: string;
  connection: Parameters<typeof connectPage>[2]['connection'];
  takeOver: boolean;
}

async function connectOne(ctx: Context, picking: Picking, offer: Offer): Promise<Result> {
  const { page_id, page_name } = offer;
  const refused = (reason: StatusReason): Result => {
    return { page_id, page_name, outcome: 'refused', taken_over: false, integrationId: null, reason };
  };
  if ('reason' in offer) return refused(offer.reason);
  const { organization, connection, takeOver } = picking;
  try {
    const done = await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'connection.write');
      const connected = await connectPage(tx, ctx.vault, { connection, takeOver, offer });
      await audit(tx, {
        action: connected.isNew ? 'integration.connected' : 'integration.reconnected',
        subject: { type: 'integration', id: connected.id },
        changes: {
          connection: publicId('connection', connection.id),
          page_id,
          tokens: 'set',
          ...(connected.moved && { taken_over: true }),
        },
      });
      return connected;
    });
    if (done.moved) await nudge(ctx, tellOfMoveJob, done.moved);
    const outcome = done.isNew ? 'connected' : 'reconnected';
    return { page_id, page_name, outcome, taken_over: done.moved !== null, integrationId: done.id, reason: null };
  } catch (error) {
    if (error instanceof PageRefused) return refused(error.reason);
    if (error instanceof DomainError && error.code === 'page_taken') return refused(pageTaken);
    if (error instanceof DomainError && error.code === 'not_found') return refused(parentGone);
    throw error;
  }
}

async function present(
  ctx: Context,
  organization: string,
  results: readonly Result[],
): Promise<Rendered<ConnectedPagesShape>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    // What it has just made, also to a key that may write only.
    authorize(tx, 'connection.write');
    const pages: ConnectedPagesShape['pages'] = [];
    for (const { integrationId, ...result } of results) {
      const shown: IntegrationShape | null = integrationId ? (await showIntegration(tx, integrationId)).value() : null;
      pages.push({ ...result, integration: shown });
    }
    return new Rendered(JSON.stringify({ pages }));
  });
}
