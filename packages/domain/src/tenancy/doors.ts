import type { Knex } from 'knex';
import type { Context } from '../context.ts';
import { type Database, knexOf, throughDoor } from '../database/database.ts';
import { errorCode } from '../database/errors.ts';
import type { Door } from '../database/knex-client.ts';
import { notFound } from '../errors.ts';
import { assertUuid, newId, parsePublicId, type Uuid } from '../ids.ts';
import { slugPattern } from '../slug.ts';
import type { Actor, UserActor } from './actor.ts';
import { brandTenantTx, type Role, type TenantTx } from './tenant-tx.ts';

type Doorway = Pick<Context, 'database' | 'actor' | 'requestId'>;

export interface TenantOptions {
  /** `org_…` or the slug of an active organization; a uuid for a job. */
  organization: string;
  /** Postgres refuses every write. For reads. */
  readOnly?: boolean;
  /** Lets a member into a soft-deleted organization, by id. */
  allowInactive?: boolean;
}

/**
 * Enters a tenant: in one round trip it begins, checks the person's membership in the database and sets the tenant
 * for this transaction.
 * @throws DomainError `not_found` for an unknown organization, an inactive one, and one that the person is no member of
 */
export async function withTenant<Result>(
  ctx: Doorway,
  options: TenantOptions,
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  let entered: Record<string, unknown> = {};
  const door: Door = {
    sql: ctx.actor.type === 'user' ? userDoor(ctx.actor, options) : jobDoor(options.organization),
    entered: row => {
      entered = row ?? {};
    },
  };
  try {
    return await throughDoor(ctx.database, door, options.readOnly ?? false, transaction =>
      work(
        brandTenantTx(transaction, {
          organizationId: assertUuid(String(entered.organization_id)),
          role: (entered.role as Role | undefined) ?? null,
          actor: ctx.actor,
          requestId: ctx.requestId,
        }),
      ),
    );
  } catch (error) {
    if (errorCode(error) === 'PK404') throw notFound('organization');
    throw error;
  }
}

function userDoor(actor: UserActor, { organization, allowInactive = false }: TenantOptions): string {
  const person = assertUuid(actor.userId);
  const id = parsePublicId('organization', organization);
  if (id) return `select * from router.enter('${person}', '${assertUuid(id)}', null, ${allowInactive})`;
  if (!slugPattern.test(organization)) throw notFound('organization');
  return `select * from router.enter('${person}', null, '${organization}', ${allowInactive})`;
}

const jobDoor = (organization: string) => `select * from router.enter_job('${assertUuid(organization)}')`;

/** Enters an organization that does not exist yet: the transaction that creates it, and its creator's ownership. */
export async function withNewTenant<Result>(
  ctx: Doorway & { readonly actor: UserActor },
  work: (tx: TenantTx) => PromiseLike<Result>,
): Promise<Result> {
  const organizationId = newId();
  const person = assertUuid(ctx.actor.userId);
  const sql = `select set_config('app.organization_id', '${organizationId}', true), set_config('app.user_id', '${person}', true)`;
  const tenant = { organizationId, role: 'OWNER' as const, actor: ctx.actor, requestId: ctx.requestId };
  return await throughDoor(ctx.database, { sql, entered: () => {} }, false, transaction =>
    work(brandTenantTx(transaction, tenant)),
  );
}

/** What a person may see before they choose a tenant. The router's functions take the person from here. */
export async function withUser<Result>(
  ctx: Doorway & { readonly actor: UserActor },
  work: (view: { userId: Uuid; raw: Knex['raw'] }) => Promise<Result>,
): Promise<Result> {
  const userId = assertUuid(ctx.actor.userId);
  const sql = `select set_config('app.organization_id', '', true), set_config('app.user_id', '${userId}', true)`;
  return await throughDoor(ctx.database, { sql, entered: () => {} }, true, transaction =>
    work({ userId, raw: transaction.raw.bind(transaction) as Knex['raw'] }),
  );
}

/** Why a process asks across tenants: each reason is a router function that answers with ids only. */
type SystemReason = 'due_logins' | 'pending_integrations';

/** Runs one of the router's listings. For jobs that fan out: each id is then entered as a tenant of its own. */
export async function asSystem<Row>(database: Database, reason: SystemReason, batch: number): Promise<Row[]> {
  const { rows } = await knexOf(database).raw(`select * from router.${reason}(?)`, [batch]);
  return rows as Row[];
}

/** True when the door found no such tenant: to a job, the organization is gone. */
export const isGone = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'not_found';

export type { Actor };
