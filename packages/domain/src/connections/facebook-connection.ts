import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Business } from '../businesses/business.ts';
import { DomainError, notFound } from '../errors.ts';
import { parsePublicId, publicId, type Uuid } from '../ids.ts';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';
import { timestamp } from '../resource.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** How we appear at Facebook's login dialog. */
export interface FacebookApp {
  appId: string;
  /** Origin of the dialog. */
  dialogUrl: string;
  version: string;
  /** Of Facebook Login for Business; null: the dialog is asked for permissions one by one. */
  loginConfigId: string | null;
}

/** The one address that Facebook sends browsers back to; registered with the app. */
export const callbackUrl = (publicUrl: string): string => new URL('/facebook/oauth/callback', publicUrl).href;

/** A page that a login showed. What it lacks to be connected stands in `reason`. */
export interface FoundPage {
  page_id: string;
  page_name: string;
  page_category: string | null;
  page_url: string | null;
  reason: StatusReason | null;
}

/** One way through the login dialog, and what came of it. */
export class FacebookConnection extends TenantModel {
  static override tableName = 'facebook_connections';
  static override get jsonAttributes() {
    return ['reason', 'pages'];
  }

  declare id: Uuid;
  declare business_id: Uuid;
  declare user_id: Uuid;
  declare session_id: Uuid;
  declare state_hash: Buffer;
  /** The integration that is to work again; null for new ones. */
  declare reconnect_id: Uuid | null;
  declare state: 'waiting' | 'exchanging' | 'ready' | 'failed';
  declare reason: StatusReason | null;
  declare login_id: Uuid | null;
  declare missing_permissions: string[];
  declare pages: FoundPage[];
  declare pages_total: number;
  declare expires_at: Date;
  declare created_at: Date;
  declare updated_at: Date;
  /** In business time; selected by {@link findConnection}. */
  declare is_over?: boolean;
}

/** Facebook's dialog is open in somebody's browser: they may have to find a password first. */
export const dialogMinutes = 30;
/** After that the picked pages are to be connected. */
export const pickMinutes = 60;

/** What a state is kept as. */
export const hashOfState = (state: string): Buffer => createHash('sha256').update(state).digest();

/**
 * The connection behind `fbc_…`, if its business is active.
 * @throws DomainError `not_found`
 */
export async function findConnection(tx: TenantTx, reference: string): Promise<FacebookConnection> {
  const id = parsePublicId('connection', reference);
  if (!id) throw notFound('connection');
  const connection = await FacebookConnection.query(tx)
    .findOne({ id })
    .whereExists(
      Business.query(tx).where('is_active', true).whereColumn('businesses.id', 'facebook_connections.business_id'),
    )
    .select('*', tx.raw('expires_at <= app.now() as is_over'));
  if (!connection) throw notFound('connection');
  return connection;
}

/**
 * A connection that pages can be picked from.
 * @throws DomainError `not_found`, `connection_not_ready`
 */
export async function findReadyConnection(
  tx: TenantTx,
  reference: string,
): Promise<FacebookConnection & { login_id: Uuid }> {
  const connection = await findConnection(tx, reference);
  const { state, login_id, is_over, reason } = connection;
  if (state === 'ready' && login_id && !is_over) return Object.assign(connection, { login_id });
  const why = is_over
    ? 'The connection is too old. Begin a new one.'
    : state === 'failed' && reason
      ? `${reason.detail} ${reason.fix}`
      : 'Nobody has come back from Facebook with it yet.';
  throw new DomainError('connection_not_ready', why);
}

export const reasonShape = z
  .object({ code: z.string(), detail: z.string(), fix: z.string() })
  .meta({ id: 'Reason', description: 'What is the matter, and what a person does about it.' });

/** How many pages of a connection are shown; any page of the login can be picked by its id. */
export const maxPagesShown = 1_000;

export const connectionShape = z
  .object({
    id: z.string(),
    business_id: z.string(),
    reconnect: z.string().nullable().describe('The integration that is to work again.'),
    state: z
      .enum(['waiting', 'ready', 'failed', 'expired'])
      .describe('waiting: the dialog is open. ready: pages can be picked. The others: begin a new one.'),
    reason: reasonShape.nullable(),
    missing_permissions: z.array(z.string()).describe('Asked for and not granted.'),
    pages: z
      .array(
        z.object({
          page_id: z.string(),
          page_name: z.string(),
          page_category: z.string().nullable(),
          page_url: z.string().nullable(),
          integration_id: z.string().nullable().describe('The integration of this organization that has it already.'),
          reason: reasonShape.nullable().describe('Why it cannot be connected; null when it can.'),
        }),
      )
      .describe(`The pages that the person granted, ${maxPagesShown} at most.`),
    pages_total: z.number().int(),
    expires_at: timestamp,
    created_at: timestamp,
  })
  .meta({ id: 'Connection' });

export type ConnectionShape = z.output<typeof connectionShape>;

/** @param integrations the organization's active integrations by page */
export function presentConnection(
  connection: FacebookConnection,
  integrations: ReadonlyMap<string, Uuid>,
): ConnectionShape {
  const { state, is_over, reconnect_id } = connection;
  const shown = state === 'exchanging' ? 'waiting' : state;
  return {
    id: publicId('connection', connection.id),
    business_id: publicId('business', connection.business_id),
    reconnect: reconnect_id && publicId('integration', reconnect_id),
    state: is_over && shown !== 'failed' ? 'expired' : shown,
    reason: connection.reason,
    missing_permissions: connection.missing_permissions,
    pages: connection.pages.map(({ reason, ...page }) => {
      const integration = integrations.get(page.page_id);
      return { ...page, integration_id: integration ? publicId('integration', integration) : null, reason };
    }),
    pages_total: connection.pages_total,
    expires_at: connection.expires_at.toISOString(),
    created_at: connection.created_at.toISOString(),
  };
}
