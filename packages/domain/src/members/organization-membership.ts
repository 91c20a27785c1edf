import { Model } from 'objection';
import type { Uuid } from '../ids.ts';
import { Organization } from '../organizations/organization.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Role } from '../tenancy/tenant-tx.ts';

/** A person's place in an organization. */
export class OrganizationMembership extends TenantModel {
  static override tableName = 'organization_memberships';

  declare id: Uuid;
  declare user_id: Uuid;
  declare role: Role;
  declare invited_by: Uuid | null;
  declare is_active: boolean;
  declare created_at: Date;
  declare updated_at: Date;
  /** Selected by `findMember`; a bigint, which the driver gives as text. */
  declare version?: string;
  declare organization?: Organization;

  static override get relationMappings() {
    return {
      organization: {
        relation: Model.BelongsToOneRelation,
        modelClass: Organization,
        join: { from: 'organization_memberships.organization_id', to: 'organizations.id' },
      },
    };
  }
}
