import { listOrganizations, listOrganizationsInput } from '@pagekeeper/domain/overview/list-organizations';
import { listStaffOrganizations, listStaffOrganizationsInput } from '@pagekeeper/domain/staff/list-staff-organizations';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import { type Output, table } from '../output.ts';
import { UsageError } from '../usage-error.ts';

interface Options {
  as: string;
  all?: boolean;
  search?: string;
  active: string;
  limit: string;
  cursor?: string;
}

export async function list(options: Options, output: Output): Promise<void> {
  if (options.search !== undefined && !options.all) throw new UsageError('--search goes with --all.');
  const { as, all, search, active, limit, cursor } = options;
  const page = all
    ? await asPerson(as, [], ctx =>
        listStaffOrganizations(ctx, parseInput(listStaffOrganizationsInput, { search, active, limit, cursor })),
      )
    : await asPerson(as, [], ctx =>
        listOrganizations(ctx, parseInput(listOrganizationsInput, { active, limit, cursor })),
      );
  const { data, next_cursor } = page.value();
  const rows = data.map(each => [
    each.slug,
    each.name,
    'role' in each ? each.role : each.owner_email,
    each.is_active ? 'active' : 'inactive',
    each.id,
  ]);
  output.result(page.value(), [
    ...(rows.length > 0 ? table(['slug', 'name', all ? 'owner' : 'role', 'is', 'id'], rows) : ['There is none.']),
    ...(next_cursor ? [`There are more: --cursor ${next_cursor}`] : []),
  ]);
}
