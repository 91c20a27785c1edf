import { erasePerson, erasePersonInput } from '@pagekeeper/domain/privacy/erase-person';
import { asPerson } from '../as-person.ts';
import { parseInput } from '../input.ts';
import { counted, type Output } from '../output.ts';

interface Options {
  organization: string;
  person_id: string;
  as: string;
}

export async function erase({ organization, person_id, as }: Options, output: Output): Promise<void> {
  const input = parseInput(erasePersonInput, { person_id });
  const erased = await asPerson(as, ['vault'], ctx => erasePerson(ctx, { organization, ...input }));
  const { events, replies } = erased;
  output.result(
    erased,
    events + replies === 0
      ? `Nothing of ${person_id} is here, or all of it is erased.`
      : `Erased what ${counted(events, 'event')} held, and the words of ${counted(replies, 'reply', 'replies')}.`,
  );
}
