import type { ReplayShape } from '@pagekeeper/domain/webhooks/replay-batch';
import { replayEvents, replayEventsInput } from '@pagekeeper/domain/webhooks/replay-events';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import { counted, figure, type Output } from '../output.ts';

interface Options {
  organization: string;
  as: string;
  integration?: string;
  kind?: string;
  state?: string;
  since?: string;
  until?: string;
  cursor?: string;
  dryRun?: boolean;
  withReplies?: boolean;
}

type Counts = Pick<ReplayShape, 'matched' | 'replayed' | 'already_waiting'>;

/**
 * Call after call, each of which looks at 10,000 events. The API's limit of calls an hour holds here too: who is held up
 * is told how far it came, and how to go on.
 */
export async function replay({ organization, as, dryRun, withReplies, ...options }: Options, output: Output) {
  const { integration, kind, state, since, until, cursor: from } = options;
  const chosen = Object.entries({ integration, kind, state, since, until }).filter(([, value]) => value !== undefined);
  const input = parseInput(replayEventsInput, {
    filter: Object.fromEntries(chosen),
    dry_run: dryRun ?? false,
    with_replies: withReplies ?? false,
    cursor: from,
  });
  const counts: Counts = { matched: 0, replayed: 0, already_waiting: 0 };
  await asPerson(as, ['queue'], async ctx => {
    for (let cursor = input.cursor; ; ) {
      const call = replayEvents(ctx, { organization, ...input, cursor }).catch(error => {
        if (cursor) output.note(`${sentenceOf(counts, dryRun)} There are more: --cursor ${cursor} goes on from here.`);
        throw error;
      });
      const { next_cursor, ...done } = (await call).value();
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += done[name];
      if (!next_cursor) return;
      cursor = next_cursor;
      output.note(`${figure(counts.matched)} so far`);
    }
  });
  output.result({ dry_run: input.dry_run, ...counts }, sentenceOf(counts, dryRun));
}

const sentenceOf = ({ matched, replayed, already_waiting }: Counts, dryRun = false): string =>
  `${counted(matched, 'event')}: ${figure(replayed)} ${dryRun ? 'would be' : 'are'} worked through again, ` +
  `${figure(already_waiting)} wait anyway.`;
