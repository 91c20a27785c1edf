import { nilId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import { type Keeper, tenantOf, unlessGone } from './keeper.ts';

/** Few enough for one statement that reads them all, on a cold disk too. */
const windowRows = 20_000;

/** Ids beyond `after`, up to `until`. */
export interface IdWindow {
  after: Uuid;
  until: Uuid;
}

/**
 * An organization's rows of a table in pieces, in the order of their ids: no index has what they hold, and years of events
 * are too many to be read at once. Ends where the organization is erased meanwhile.
 */
export async function* idWindows(keeper: Keeper, organization: Uuid, table: string): AsyncGenerator<IdWindow> {
  for (let after = nilId; ; ) {
    const found = await unlessGone(() =>
      withTenant(keeper, { ...tenantOf(organization), readOnly: true }, async tx => {
        const { rows } = await tx.raw(
          `select max(id::text) as until, count(*)::int as count
           from (select id from ${table} where organization_id = ? and id > ? order by id limit ?) as ids`,
          [organization, after, windowRows],
        );
        return rows[0] as { until: Uuid | null; count: number };
      }),
    );
    if (!found?.until) return;
    yield { after, until: found.until };
    if (found.count < windowRows) return;
    after = found.until;
  }
}
