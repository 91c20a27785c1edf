import { createBusiness, createBusinessInput } from '@pagekeeper/domain/businesses/create-business';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import type { Output } from '../output.ts';

interface Options {
  organization: string;
  name: string;
  as: string;
  slug?: string;
  description?: string;
}

export async function create(options: Options, output: Output): Promise<void> {
  const { organization, as, name, slug, description } = options;
  const input = parseInput(createBusinessInput, { name, slug, description });
  const shown = (await asPerson(as, [], ctx => createBusiness(ctx, { organization, ...input }))).value();
  output.result(shown, `Made the business ${shown.name} (${shown.slug}) in ${organization}: ${shown.id}`);
}
