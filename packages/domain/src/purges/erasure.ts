import type { Erasable } from '../tenancy/purging.ts';

const ofTenant = (table: string, key = 'id'): Erasable => ({ table, tenantColumn: 'organization_id', key });

/**
 * Every table that holds rows of a tenant, those that refer to others before them. A new table is added here, and
 * made `purgeable` by its migration. Partitions go with their table. Memberships, data keys and the organization
 * itself are erased last, in one transaction.
 */
export const erasable: readonly Erasable[] = [
  ofTenant('page_unsubscriptions'),
  ofTenant('page_claims', 'page_id'),
  ofTenant('webhook_events'),
  ofTenant('replies'),
  ofTenant('threads', 'thread_hash'),
  ofTenant('notifications'),
  ofTenant('facebook_connections'),
  ofTenant('facebook_page_integrations'),
  ofTenant('facebook_logins'),
  ofTenant('integrations'),
  ofTenant('businesses'),
  ofTenant('invitations'),
  ofTenant('api_keys'),
  ofTenant('staff_entries'),
  ofTenant('idempotency_keys'),
  ofTenant('audit_events'),
  // Answers to a person that speak of the organization.
  { table: 'personal_idempotency_keys', tenantColumn: 'about_organization', key: 'id' },
];

/** What the last transaction erases. */
export const erasedLast = ['organization_memberships', 'organization_keys', 'organizations'] as const;
