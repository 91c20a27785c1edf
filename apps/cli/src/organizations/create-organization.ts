import { createOrganization, createOrganizationInput } from '@pagekeeper/domain/organizations/create-organization';
import { createOrganizationFor, createOrganizationForInput } from '@pagekeeper/domain/staff/create-organization-for';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

interface Options {
  name: string;
  as: string;
  slug?: string;
  for?: string;
}

export async function create({ name, as, slug, for: owner_email }: Options, output: Output): Promise<void> {
  if (slug !== undefined && owner_email !== undefined) {
    throw new UsageError('--slug and --for do not go together: the slug is made from the name.');
  }
  const own = owner_email === undefined && parseInput(createOrganizationInput, { name, slug });
  const others = own || parseInput(createOrganizationForInput, { name, owner_email });
  const made = await asPerson(as, ['vault'], ctx =>
    own ? createOrganization(ctx, own) : createOrganizationFor(ctx, others as never),
  );
  const shown = made.value();
  output.result(shown, `Made the organization ${shown.name} (${shown.slug}): ${shown.id}`);
}
