import type { Knex } from 'knex';
import type { Context } from '../context.ts';
import { type CompiledQuery, type Database, knexOf, statementThroughDoor, throughDoor } from '../database/database.ts';
import { errorCode } from '../database/errors.ts';
import type { Door } from '../database/knex-client.ts';
import { DomainError, notFound } from '../errors.ts';
import { actOnce, type Once } from '../idempotency/once.ts';
import { personalAnswers, tenantAnswers } from '../idempotency/stores.ts';
import { assertUuid, newId, parsePublicId, type Uuid } from '../ids.ts';
import { slugPattern } from '../slug.ts';
import type { Actor, UserActor } from './actor.ts';
import { brandTenantTx, type Entered, type TenantTx, tenantOf } from './tenant-tx.ts';

type Doorway<Who extends Actor = Actor> = Pick<Context<Who>, 'database' | 'actor' | 'requestId' | 'once'>;

export interface TenantOptions {
  /** `org_…` or the slug of an active organization; a uuid for a job. An API key may leave it out: it has just one. */
  organization?: string;
  /** Postgres refuses every write. For reads. */
  readOnly?: boolean;
  /** Lets a member into a soft-deleted organization; a slug names it where no active one of theirs has it. */
  allowInactive?: boolean;
}

/**
 * Enters a tenant: in one round trip it begins, checks the actor's right in the database (a membership, a staff entry,
 * an API key) and sets the tenant for this transaction.
 * @throws DomainError `not_found` for an unknown organization, an inactive one, and one that is not the actor's;
 *   `unauthenticated` for an unknown API key
 */
export async function withTenant<Result>(
  ctx: Doorway,
  options: TenantOptions,
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  const { readOnly = false } = options;
  const once = readOnly ? undefined : onceOf(ctx);
  let entered: Entered = {};
  const door: Door = {
    sql: doorOf(ctx.actor, options),
    entered: row => {
      entered = (row ?? {}) as Entered;
    },
  };
  return await refusals(() =>
    throughDoor(ctx.database, door, readOnly, async transaction => {
      assertUuid(String(entered.organization_id));
      const tenant = tenantOf(ctx.actor, entered, ctx.requestId);
      const tx = brandTenantTx(transaction, tenant);
      if (!once) return await work(tx);
      return await actOnce(tx, tenantAnswers(tx, once.vault), once, answered =>
        work(brandTenantTx(transaction, { ...tenant, answered })),
      );
    }),
  );
}

/**
 * What the first writing door of a request acts under; the doors after it belong to the same act. Asked before its
 * transaction: what a try that Postgres undid has set says nothing.
 */
const onceOf = ({ once }: Pick<Context, 'once'>): Once | undefined => (once?.stored ? undefined : once);

/**
 * A tenant's transaction of one statement, in one round trip: for jobs, where many are made and each is waited for.
 * @param query with `$1` for its first value
 * @param leaving called just before it leaves
 * @throws as `withTenant`
 */
export async function statementInTenant<Row>(
  ctx: Pick<Context, 'database' | 'actor'>,
  options: Pick<TenantOptions, 'organization'>,
  query: CompiledQuery,
  leaving?: () => void,
): Promise<Row[]> {
  const door: Door = { sql: doorOf(ctx.actor, options), entered: () => {} };
  const flight = { readOnly: false, ...(leaving && { leaving }) };
  return (await refusals(() => statementThroughDoor(ctx.database, door, query, flight))) as Row[];
}

/** The statement that lets this actor in. */
export function doorOf(actor: Actor, { organization, allowInactive = false }: TenantOptions): string {
  if (actor.type === 'job') {
    return `select * from router.enter_job('${assertUuid(organization ?? '')}', ${allowInactive})`;
  }
  const named = organization === undefined ? unnamed : nameOf(organization);
  if (!named) throw notFound('organization');
  if (actor.type === 'user') {
    return `select * from router.enter('${assertUuid(actor.userId)}', ${named}, ${allowInactive})`;
  }
  return `select * from router.enter_key('\\x${assertHash(actor.secretHash)}', ${named}, ${allowInactive})`;
}

const unnamed = 'null, null';

/** Id and slug as literals, one of them null; nothing for what can be neither. */
function nameOf(organization: string): string | null {
  const id = parsePublicId('organization', organization);
  if (id) return `'${assertUuid(id)}', null`;
  if (!slugPattern.test(organization)) return null;
  return `null, '${organization}'`;
}

function assertHash(hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('not a SHA-256 in hex');
  return hash;
}

/** What the doors and the last owner's trigger say, in our words. */
export async function refusals<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    switch (errorCode(error)) {
      case 'PK404':
        throw notFound('organization');
      case 'PK403':
        throw new DomainError('forbidden', 'This is for staff.');
      case 'PK401':
        throw new DomainError('unauthenticated', 'The API key is unknown, expired or revoked.');
      case 'PK409':
        throw new DomainError('last_owner', 'An organization needs an OWNER. Make somebody else OWNER first.');
      default:
        throw error;
    }
  }
}

/**
 * Enters an organization that does not exist yet: the transaction that creates it. The right of who creates it is the
 * verb's to check.
 * @param as OWNER for a person's own organization, STAFF for one that staff make for somebody
 */
export async function withNewTenant<Result>(
  ctx: Doorway<UserActor>,
  as: 'OWNER' | 'STAFF',
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  const organizationId = newId();
  const sql = `select ${settings(organizationId, ctx.actor.userId)}`;
  const tenant = tenantOf(ctx.actor, { organization_id: organizationId, role: as }, ctx.requestId);
  const personally = personallyOnce(ctx);
  return await throughDoor(ctx.database, { sql, entered: () => {} }, false, transaction => {
    const tx = brandTenantTx(transaction, tenant);
    return personally(tx, () => work(tx), organizationId);
  });
}

/**
 * Enters a tenant for what it will not outlive: a repeated request is answered from the person's own answers, for the
 * organization's will be gone. Also an inactive one.
 * @throws as `withTenant`
 */
export async function withTenantToErase<Result>(
  ctx: Doorway<UserActor>,
  { organization }: { organization: string },
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  const sql = doorOf(ctx.actor, { organization, allowInactive: true });
  const nowhere = { sql: `select ${settings('', ctx.actor.userId)}`, entered: () => {} };
  const personally = personallyOnce(ctx);
  return await refusals(() =>
    throughDoor(ctx.database, nowhere, false, transaction =>
      personally(transaction, async () => {
        const { rows } = await transaction.raw(sql);
        return await work(brandTenantTx(transaction, tenantOf(ctx.actor, rows[0], ctx.requestId)));
      }),
    ),
  );
}

/**
 * Enters a tenant as staff, to write down that one comes in. Afterwards `withTenant` lets them in for as long as that
 * entry says. By id also an inactive organization.
 * @throws DomainError `forbidden` for who is not staff; `not_found`
 */
export async function withStaffEntry<Result>(
  ctx: Doorway<UserActor>,
  { organization }: { organization: string },
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  let entered: Entered = {};
  const door: Door = {
    sql: `select * from router.enter_as_staff('${assertUuid(ctx.actor.userId)}', ${nameOf(organization) ?? unnamed})`,
    entered: row => {
      entered = { ...row, role: 'STAFF' };
    },
  };
  const personally = personallyOnce(ctx);
  return await refusals(() =>
    throughDoor(ctx.database, door, false, transaction => {
      const tx = brandTenantTx(transaction, tenantOf(ctx.actor, entered, ctx.requestId));
      return personally(tx, () => work(tx), tx.tenant.organizationId);
    }),
  );
}

/**
 * Enters the organization of an invitation by its token, with no role yet.
 * @param tokenHash SHA-256 of the token, in hex
 * @throws DomainError `not_found` for an unknown token
 */
export async function withInvitation<Result>(
  ctx: Doorway<UserActor>,
  tokenHash: string,
  work: (tx: TenantTx, invitationId: Uuid) => PromiseLike<Result>,
): Promise<Result> {
  let entered: Entered & { invitation_id?: Uuid } = {};
  const sql = `select * from router.enter_invitation('${assertUuid(ctx.actor.userId)}', '\\x${assertHash(tokenHash)}')`;
  const door: Door = {
    sql,
    entered: row => {
      entered = (row ?? {}) as typeof entered;
    },
  };
  const personally = personallyOnce(ctx);
  try {
    return await throughDoor(ctx.database, door, false, transaction => {
      const tx = brandTenantTx(transaction, tenantOf(ctx.actor, entered, ctx.requestId));
      return personally(tx, () => work(tx, entered.invitation_id!), tx.tenant.organizationId);
    });
  } catch (error) {
    if (errorCode(error) === 'PK404') throw notFound('invitation');
    throw error;
  }
}

/** What a person may see, and change of themself, before they choose a tenant. */
export interface PersonView {
  readonly userId: Uuid;
  readonly raw: Knex['raw'];
}

/** Opens what belongs to the person and to no tenant. The router's functions take the person from here. */
export async function withUser<Result>(
  ctx: Doorway<UserActor>,
  options: { readOnly: boolean },
  work: (view: PersonView) => Promise<Result>,
): Promise<Result> {
  const userId = assertUuid(ctx.actor.userId);
  const sql = `select ${settings('', userId)}`;
  const personally = personallyOnce(ctx);
  return await throughDoor(ctx.database, { sql, entered: () => {} }, options.readOnly, transaction => {
    const view = { userId, raw: transaction.raw.bind(transaction) as Knex['raw'] };
    return options.readOnly ? work(view) : personally(transaction, () => work(view));
  });
}

const settings = (organization: Uuid | '', person: Uuid) =>
  `set_config('app.organization_id', '${organization && assertUuid(organization)}', true),
   set_config('app.user_id', '${assertUuid(person)}', true)`;

/** @returns takes `about`, the organization that the answer speaks of: with it the answer is erased */
function personallyOnce(ctx: Doorway<UserActor>) {
  const once = onceOf(ctx);
  return async <Result>(
    transaction: Knex.Transaction,
    work: () => PromiseLike<Result>,
    about?: Uuid,
  ): Promise<Result> => {
    if (!once) return await work();
    return await actOnce(transaction, personalAnswers(once.vault, ctx.actor.userId, about), once, async answered => {
      if (answered) throw answered;
      return await work();
    });
  };
}

/** Why a process asks across tenants: each reason is a function that answers with ids or a count. */
export type SystemReason =
  | 'due_logins'
  | 'due_unsubscriptions'
  | 'pending_integrations'
  | 'revived_pages'
  | 'running_purges'
  | 'unsent_invitations'
  | 'forget_answers'
  | 'forget_sessions'
  | 'unsent_notifications'
  | 'ended_connections'
  | 'moved_pages'
  | 'organizations_with_keys'
  | 'page_statuses'
  | 'late_checks'
  | 'waiting_events'
  | 'app_pause'
  | 'data_key_age';

/** Runs one of the router's listings. For jobs that fan out: each id is then entered as a tenant of its own. */
export async function asSystem<Row>(database: Database, reason: SystemReason, ...values: unknown[]): Promise<Row[]> {
  const { rows } = await knexOf(database).raw(
    `select * from router.${reason}(${values.map(() => '?').join(', ')})`,
    values as never,
  );
  return rows as Row[];
}

/** True when the door found no such tenant: to a job, the organization is gone. */
export const isGone = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'not_found';
