import { addMember } from '@pagekeeper/domain/members/add-member';
import { roles } from '@pagekeeper/domain/tenancy/tenant-tx';
import { findUser } from '@pagekeeper/domain/users/find-user';
import * as z from 'zod';
import { asPerson } from '../as-person.ts';
import { readVariables } from '../env.ts';
import { parseInput } from '../input.ts';
import type { Output } from '../output.ts';

interface Options {
  organization: string;
  email: string;
  as: string;
  role: string;
}

export async function add({ organization, email, as, ...options }: Options, output: Output): Promise<void> {
  const { role } = parseInput(z.object({ role: z.enum(roles) }), options);
  const { AUTH_DATABASE_URL } = readVariables('AUTH_DATABASE_URL');
  const { id: user_id } = await findUser(AUTH_DATABASE_URL, email);
  await asPerson(as, [], ctx => addMember(ctx, { organization, user_id, role }));
  output.result({ organization, email, role }, `${email} is ${role} of ${organization}.`);
}
