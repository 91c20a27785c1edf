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
  dryRun?: boolean;
  withReplies?: boolean;
}

type Counts = Pick<ReplayShape, 'matched' | 'replayed' | 'already_waiting'>;

/** Call after call, each of which looks at 10,000 events. The API's limit of calls an hour holds here too. */
export async function replay({ organization, as, dryRun, withReplies, ...options }: Options, output: Output) {
  const { integration, kind, state, since, until } = options;
  const chosen = Object.entries({ integration, kind, state, since, until }).filter(([, value]) => value !== undefined);
  const input = parseInput(replayEventsInput, {
    filter: Object.fromEntries(chosen),
    dry_run: dryRun ?? false,
    with_replies: withReplies ?? false,
  });
  const counts: Counts = { matched: 0, replayed: 0, already_waiting: 0 };
  await asPerson(as, ['queue'], async ctx => {
    for (let cursor: string | undefined; ; ) {
      const { next_cursor, ...done } = (await replayEvents(ctx, { organization, ...input, cursor })).value();
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += done[name];
      if (!next_cursor) return;
      cursor = next_cursor;
      output.note(`${figure(counts.matched)} so far`);
    }
  });
  const { matched, replayed, already_waiting } = counts;
  output.result(
    { dry_run: input.dry_run, ...counts },
    `${counted(matched, 'event')}: ${figure(replayed)} ${dryRun ? 'would be' : 'are'} worked through again, ` +
      `${figure(already_waiting)} wait anyway.`,
  );
}
