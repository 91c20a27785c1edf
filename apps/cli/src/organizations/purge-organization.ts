import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@pagekeeper/domain/context';
import { getPurge } from '@pagekeeper/domain/purges/get-purge';
import type { PurgeShape } from '@pagekeeper/domain/purges/purge';
import { purgeOrganization, purgeOrganizationInput } from '@pagekeeper/domain/purges/purge-organization';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import { asPerson } from '../as-person.ts';
import { askForText, parseInput } from '../input.ts';
import { figure, type Output } from '../output.ts';

interface Options {
  organization: string;
  as: string;
  confirm?: string;
  wait?: boolean;
}

export async function purge({ organization, as, wait, ...options }: Options, output: Output): Promise<void> {
  const question = 'Everything of it will be erased for good. Type its slug';
  const confirm = options.confirm ?? (await askForText(question, '--confirm <slug>'));
  const input = parseInput(purgeOrganizationInput, { confirm });
  const shown = await asPerson(as, ['queue'], async ctx => {
    const asked = (await purgeOrganization(ctx, { organization, ...input })).value();
    return wait ? await untilErased(ctx, asked, output) : asked;
  });
  const erased =
    shown.state === 'finished' ? `Erased, with ${figure(shown.rows_erased)} rows.` : 'The worker erases it.';
  output.result(shown, `${organization} is gone for everybody. ${erased}`);
}

/** Its progress is the asker's to read, also when the organization is gone. */
async function untilErased(ctx: Context<UserActor>, asked: PurgeShape, { note }: Output): Promise<PurgeShape> {
  let said = '';
  for (;;) {
    const shown = (await getPurge(ctx, { purge: asked.id })).value();
    if (shown.state === 'finished') return shown;
    const { state, pages_left, rows_erased } = shown;
    const words = `${state}: ${pages_left} pages to leave, ${figure(rows_erased)} rows erased`;
    if (words !== said) note(words);
    said = words;
    await sleep(500);
  }
}
