import { storable } from '@pagekeeper/facebook/storable';
import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { recheckOthers } from '../facebook/recheck-others.ts';
import { parsePublicId, publicId } from '../ids.ts';
import { personHashOf } from '../integrations/facebook-login.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { storeLogin } from '../integrations/store-facebook-page.ts';
import { Organization } from '../organizations/organization.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { noteCall, passApp } from '../tenancy/app-pause.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import {
  callbackUrl,
  type FacebookApp,
  FacebookConnection,
  hashOfState,
  maxPagesShown,
  pickMinutes,
} from './facebook-connection.ts';
import { judgeFoundPage, judgeGrant, missingPermissions } from './judge-grant.ts';
import { deniedReason, nothingCame, pageMissing, type RefusalCode, refusals, unreachable } from './reasons.ts';
import { type RedeemedLogin, redeemCode, type Unredeemed } from './redeem-code.ts';

/** What Facebook's redirect carries. */
export interface DialogAnswer {
  state: string;
  code: Secret | null;
  error: string | null;
}

export type ConnectionOutcome =
  /** The state is not one that this browser may come back with: nothing was changed. */
  | { outcome: 'refused'; code: RefusalCode; reason: StatusReason }
  | {
      outcome: 'ready' | 'failed';
      reason: StatusReason | null;
      /** Of these, how many can be connected. */
      pages: { total: number; usable: number };
      connection: string;
      organization: string;
    };

class Refused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.code = code;
  }
}

/**
 * Takes Facebook's answer: the state first, then the error, then the code. Spends the state, buys the
 * login outside of any transaction, stores what it shows, and has the person's other logins looked at again.
 * @throws DomainError `forbidden` where the person may not connect pages any more
 */
export async function completeConnection(
  ctx: Context<UserActor>,
  app: FacebookApp,
  answer: DialogAnswer,
): Promise<ConnectionOutcome> {
  const [organization = ''] = answer.state.split('.', 1);
  try {
    if (!parsePublicId('organization', organization)) throw new Refused('state_unknown');
    const connection = await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'connection.write');
      const spent = await spendState(tx, ctx.actor, answer.state);
      await audit(tx, { action: 'connection.answered', subject: { type: 'connection', id: spent.id } });
      return spent;
    });
    return await finish(ctx, app, answer, { organization, connection });
  } catch (error) {
    const code = error instanceof Refused ? error.code : isGone(error) ? 'state_unknown' : null;
    if (!code) throw error;
    return { outcome: 'refused', code, reason: refusals[code] };
  }
}

async function spendState(tx: TenantTx, actor: UserActor, state: string): Promise<FacebookConnection> {
  const connection = await FacebookConnection.query(tx)
    .findOne({ state_hash: hashOfState(state) })
    .select('*', tx.raw('expires_at <= app.now() as is_over'))
    .forUpdate();
  if (!connection) throw new Refused('state_unknown');
  if (connection.user_id !== actor.userId || connection.session_id !== actor.sessionId)
    throw new Refused('state_foreign');
  if (connection.state !== 'waiting') throw new Refused('state_used');
  if (connection.is_over) throw new Refused('state_expired');
  await FacebookConnection.query(tx).where({ id: connection.id }).patch({ state: 'exchanging', updated_at: now() });
  return connection;
}

const now = () => raw('now()') as never;

async function finish(
  ctx: Context<UserActor>,
  app: FacebookApp,
  answer: DialogAnswer,
  { organization, connection }: { organization: string; connection: FacebookConnection },
): Promise<ConnectionOutcome> {
  const bought = await buy(ctx, app, answer);
  const seen = 'reason' in bought ? { ...nothing, reason: bought.reason } : describe(bought);
  const login = 'reason' in bought ? null : bought;
  // First, and so surely: what the person chose in the dialog counts at Facebook already. A failure of it must not cost
  // the login, which cannot be bought again with the same code; the others are looked at within a day then.
  if (login) {
    await recheckOthers(ctx, personHashOf(ctx.vault, login.info.userId!), null).catch(error =>
      ctx.log.error({ err: error }, 'other logins of a person were not made due'),
    );
  }
  const { slug, loginId, reason } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'connection.write');
    const { usable, ...found } = await withReconnect(tx, connection, seen);
    const loginId = login && usable > 0 ? await storeLogin(tx, ctx.vault, loginFields(ctx, login)) : null;
    await FacebookConnection.query(tx)
      .where({ id: connection.id })
      .patch({
        ...found,
        state: loginId ? 'ready' : 'failed',
        login_id: loginId,
        expires_at: raw(`app.now() + interval '${pickMinutes} minutes'`) as never,
        updated_at: now(),
      });
    const row = await Organization.query(tx).first().select('slug');
    await audit(tx, {
      action: loginId ? 'connection.ready' : 'connection.failed',
      subject: { type: 'connection', id: connection.id },
      changes: { pages: found.pages_total, reason: found.reason?.code ?? null },
    });
    return { slug: row!.slug, loginId, reason: found.reason };
  });
  return {
    outcome: loginId ? 'ready' : 'failed',
    reason,
    pages: { total: seen.pages_total, usable: seen.usable },
    connection: publicId('connection', connection.id),
    organization: slug,
  };
}

async function buy(
  ctx: Context,
  { appId }: FacebookApp,
  { error, code }: DialogAnswer,
): Promise<RedeemedLogin | Unredeemed> {
  if (error !== null) return { reason: deniedReason(error) };
  if (code === null) return { reason: nothingCame };
  // Calls made while the app is throttled prolong it. The person begins again in a few minutes.
  const pass = await passApp(ctx.database, appId);
  if ('until' in pass) return { reason: unreachable };
  const bought = await redeemCode(ctx.graph, { code, redirectUri: callbackUrl(ctx.publicUrl), appId });
  await noteCall(ctx.database, appId, pass, ('error' in bought && bought.error) || null);
  return bought;
}

type Findings = Pick<FacebookConnection, 'reason' | 'missing_permissions' | 'pages' | 'pages_total'> & {
  usable: number;
};

const nothing: Findings = { reason: null, missing_permissions: [], pages: [], pages_total: 0, usable: 0 };

function describe({ info, pages }: RedeemedLogin): Findings {
  const judged = pages.map(page => ({
    page_id: page.id,
    page_name: storable(page.name),
    page_category: page.category && storable(page.category),
    page_url: page.link && storable(page.link),
    reason: judgeFoundPage(info, page),
  }));
  return {
    reason: judgeGrant({ info, pages }),
    missing_permissions: missingPermissions(info),
    pages: judged.slice(0, maxPagesShown),
    pages_total: pages.length,
    usable: judged.filter(({ reason }) => !reason).length,
  };
}

/** Says so where the integration that is to work again has a page which this login does not show. */
async function withReconnect(
  tx: TenantTx,
  { reconnect_id }: FacebookConnection,
  findings: Findings,
): Promise<Findings> {
  if (!reconnect_id || findings.reason) return findings;
  const row = await tx('facebook_page_integrations')
    .where({ organization_id: tx.tenant.organizationId, id: reconnect_id })
    .first('page_id');
  const isThere = !row || findings.pages.some(({ page_id }) => page_id === row.page_id);
  return isThere ? findings : { ...findings, reason: pageMissing };
}

function loginFields({ vault }: Context, { token, info }: RedeemedLogin) {
  return {
    token,
    person_hash: personHashOf(vault, info.userId!),
    kind: info.type === 'SYSTEM_USER' ? ('system_user' as const) : ('user' as const),
    scopes: info.scopes,
    expires_at: info.expiresAt,
    data_access_expires_at: info.dataAccessExpiresAt,
  };
}
