import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey, dataKeyOf } from '../vault/organization-key.ts';
import type { Vault } from '../vault/vault.ts';
import type { AnswerStore } from './once.ts';

/** The answers of an organization, sealed by its data key. */
export const tenantAnswers = (tx: TenantTx, vault: Vault): AnswerStore => ({
  table: 'idempotency_keys',
  owner: { organization_id: tx.tenant.organizationId },
  about: {},
  dataKey: () => currentDataKey(tx, vault),
  keyOf: answer => dataKeyOf(tx, vault, answer),
});

/**
 * The answers of a person outside of any organization, sealed by the system's own key.
 * @param about the organization that a new answer speaks of, where it speaks of one
 */
export const personalAnswers = (vault: Vault, userId: Uuid, about?: Uuid): AnswerStore => ({
  table: 'personal_idempotency_keys',
  owner: { user_id: userId },
  about: about ? { about_organization: about } : {},
  dataKey: async () => vault.personalKey,
  keyOf: async () => vault.personalKey,
});
