import type { Context } from '@pagekeeper/domain/context';
import { publicId, type Uuid } from '@pagekeeper/domain/ids';
import { listIntegrations, listIntegrationsInput } from '@pagekeeper/domain/integrations/list-integrations';
import type { OpenServices } from '@pagekeeper/domain/open-services';
import type pg from 'pg';
import { alternate, type Timing } from './alternate.ts';
import { clients } from './pgbench.ts';
import { listRuns, measure, type Result, thousands } from './report.ts';
import type { System } from './system.ts';

const perTenant = 50;
const rounds = 7;

/** The same list, by the verb alone, of a system of a thousand integrations and of one of a million. */
export async function benchTenantListScale(system: System, timing: Timing, isQuick: boolean): Promise<Result> {
  const [few, many] = [1_000, isQuick ? 20_000 : 1_000_000];
  const [small, large] = [await fill(system, few), await fill(system, many)];
  const runs = await alternate({ ...timing, rounds: isQuick ? timing.rounds : rounds }, large.run, small.run);
  const about = { name: 'tenant-list-scale', unit: 'lists/s', goal: 0.833 };
  return {
    measurement: measure({ ...about, baseline: `of ${thousands(few)} integrations` }, runs.ours, runs.baseline),
    notes: [
      `runs: of ${thousands(many)} integrations ${listRuns(runs.ours)}; of ${thousands(few)} ${listRuns(runs.baseline)}`,
      `each call lists the ${perTenant} of a tenant drawn at random; the goal is 1 / 1.2`,
    ],
  };
}

/** A database with so many integrations, and how fast their tenants' lists are. */
async function fill(system: System, integrations: number) {
  const { admin, services } = await system.anotherDatabase();
  const tenants = integrations / perTenant;
  await insert(admin, tenants);
  const run = async (seconds: number): Promise<number> => {
    const start = performance.now();
    const end = start + seconds * 1_000;
    let answers = 0;
    const call = async () => {
      while (performance.now() < end) {
        await list(services, Math.trunc(Math.random() * tenants) + 1);
        answers += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, call));
    return (answers * 1_000) / (performance.now() - start);
  };
  return { run };
}

async function list(services: OpenServices, tenant: number): Promise<void> {
  const ctx: Context = { ...services, actor: { type: 'user', userId: idOf('user', tenant) }, requestId: 'bench' };
  const organization = publicId('organization', idOf('organization', tenant));
  const input = listIntegrationsInput.parse({ limit: perTenant });
  const { text } = await listIntegrations(ctx, { organization, ...input });
  if (text.split('"page_id":').length !== perTenant + 1) throw new Error('The list has not the rows that were made.');
}

const kinds = ['user', 'organization', 'membership', 'business', 'login', 'integration'] as const;
type Kind = (typeof kinds)[number];

const prefixOf = (kind: Kind): string => `018f000${kinds.indexOf(kind)}-0000-7000-8000-`;
const idOf = (kind: Kind, number: number): Uuid => `${prefixOf(kind)}${number.toString(16).padStart(12, '0')}` as Uuid;
/** The same in SQL. */
const sqlId = (kind: Kind, number: string): string => `('${prefixOf(kind)}' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/** Rows as the verbs would make them, in bulk; tokens are noise, since a list opens none. */
async function insert(admin: pg.Client, tenants: number): Promise<void> {
  const each = `generate_series(1, ${tenants}) as n`;
  const eachPage = `generate_series(1, ${tenants * perTenant}) as i cross join lateral (select (i - 1) / ${perTenant} + 1 as n)`;
  const organization = sqlId('organization', 'n');
  await admin.query(`
    set session_replication_role = replica;
    insert into auth.users (id, name, email) select ${sqlId('user', 'n')}, 'Owner ' || n, n || '@example.com' from ${each};
    insert into organizations (id, name, slug, owner_id)
      select ${organization}, 'Tenant ' || n, 'tenant-' || n, ${sqlId('user', 'n')} from ${each};
    insert into organization_memberships (organization_id, id, user_id, role)
      select ${organization}, ${sqlId('membership', 'n')}, ${sqlId('user', 'n')}, 'OWNER' from ${each};
    insert into businesses (organization_id, id, name, slug)
      select ${organization}, ${sqlId('business', 'n')}, 'Shop', 'shop' from ${each};
    insert into facebook_logins (organization_id, id, access_token)
      select ${organization}, ${sqlId('login', 'n')}, decode(repeat('ab', 220), 'hex') from ${each};
    insert into integrations (organization_id, id, business_id, integration_type, name, config)
      select ${organization}, ${sqlId('integration', 'i')}, ${sqlId('business', 'n')}, 'FACEBOOK_PAGE', 'Page ' || i,
        '{"auto_reply":true,"webhook_enabled":true}'
      from ${eachPage};
    insert into facebook_page_integrations (organization_id, id, login_id, page_id, page_name, page_category, page_url,
        page_access_token, status, status_since, next_check_at, last_checked_at)
      select ${organization}, ${sqlId('integration', 'i')}, ${sqlId('login', 'n')}, (1000000000 + i)::text, 'Page ' || i,
        'Shopping & retail', 'https://www.facebook.com/' || i, decode(repeat('cd', 220), 'hex'), 'healthy', now(),
        now() + interval '19 hours', now()
      from ${eachPage};
    set session_replication_role = origin`);
  await admin.query('vacuum analyze');
}
