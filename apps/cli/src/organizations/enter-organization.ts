import { enterOrganization, enterOrganizationInput } from '@pagekeeper/domain/staff/enter-organization';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import type { Output } from '../output.ts';

interface Options {
  organization: string;
  as: string;
  reason: string;
}

export async function enter({ organization, as, reason }: Options, output: Output): Promise<void> {
  const input = parseInput(enterOrganizationInput, { reason });
  const entry = (await asPerson(as, [], ctx => enterOrganization(ctx, { organization, ...input }))).value();
  output.result(entry, `${as} may work in ${organization} until ${entry.expires_at}.`);
}
