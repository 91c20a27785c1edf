import type { Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { Sealed } from '../vault/sealed.ts';
import type { Vault } from '../vault/vault.ts';

/** One person's grant to the organization: the user access token behind one or more pages. */
export class FacebookLogin extends TenantModel {
  static override tableName = 'facebook_logins';
  static override sealedColumns = ['access_token'];
  static override get jsonAttributes() {
    return ['error'];
  }

  declare id: Uuid;
  declare access_token: Sealed;
  /** Keyed hash of the token as it was given: the same one is the same login, though it was prolonged since. */
  declare token_hash: Buffer | null;
  /** Keyed hash of the person's app-scoped id; null until the first check. */
  declare person_hash: Buffer | null;
  declare scopes: string[];
  declare expires_at: Date | null;
  declare data_access_expires_at: Date | null;
  /** The last try to move the end, whatever came of it. */
  declare exchange_tried_at: Date | null;
  declare kind: 'user' | 'system_user';
  /** Why the user token is dead; null while it works. */
  declare error: { code: number | null; subcode: number | null } | null;
  /** Facebook told us that the person removed the app: no call is made with it any more. */
  declare revoked_at: Date | null;
  declare generation: number;
  declare lease_token: Uuid | null;
  declare lease_until: Date | null;
  declare created_at: Date;
  declare updated_at: Date;
}

/** What a Facebook person is known by, in all organizations: nobody without the key can tell who it is. */
export const personHashOf = (vault: Pick<Vault, 'hash'>, userId: string): Buffer =>
  vault.hash('facebook person', userId);
