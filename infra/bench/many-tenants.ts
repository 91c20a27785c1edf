import type { Uuid } from '@pagekeeper/domain/ids';
import type { Vault } from '@pagekeeper/domain/vault/vault';
import type pg from 'pg';

const kinds = ['user', 'organization', 'membership', 'business', 'login', 'integration'] as const;
type Kind = (typeof kinds)[number];

const firstPageId = 1_000_000_000;
/** Of the page with this number, from 1 on. */
export const pageIdOf = (number: number): string => String(firstPageId + number);

const prefixOf = (kind: Kind): string => `018f000${kinds.indexOf(kind)}-0000-7000-8000-`;
export const idOf = (kind: Kind, number: number): Uuid =>
  `${prefixOf(kind)}${number.toString(16).padStart(12, '0')}` as Uuid;
/** The same in SQL. */
const sqlId = (kind: Kind, number: string): string => `('${prefixOf(kind)}' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/**
 * Rows as the verbs would make them, in bulk, for tenants that are numbered from 1. Tokens are noise: nothing that opens
 * them may be measured with these.
 */
export async function insertTenants(admin: pg.Client, tenants: number, perTenant: number): Promise<void> {
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
      select ${organization}, ${sqlId('integration', 'i')}, ${sqlId('login', 'n')}, (${firstPageId} + i)::text, 'Page ' || i,
        'Shopping & retail', 'https://www.facebook.com/' || i, decode(repeat('cd', 220), 'hex'), 'healthy', now(),
        now() + interval '19 hours', now()
      from ${eachPage};
    set session_replication_role = origin`);
  await admin.query('vacuum analyze');
}

/** What their webhooks need besides, where each has one page: a data key, and the page's claim. */
export async function claimPages(admin: pg.Client, vault: Vault, tenants: number): Promise<void> {
  const keys = Array.from({ length: tenants }, (_, index) => vault.createDataKey(idOf('organization', index + 1)));
  await admin.query(
    `insert into organization_keys (organization_id, id, kek_id, wrapped)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[])`,
    [
      keys.map(key => key.organization_id),
      keys.map(key => key.id),
      keys.map(key => key.kek_id),
      keys.map(key => Buffer.from(key.wrapped)),
    ],
  );
  await admin.query(`
    insert into page_claims (page_id, organization_id, integration_id, generation)
      select page_id, organization_id, id, generation from facebook_page_integrations
      where page_id > '${firstPageId}' and id > '${idOf('integration', 0)}' and id <= '${idOf('integration', tenants)}'`);
  await admin.query('vacuum analyze');
}
