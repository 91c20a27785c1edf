import { nowMs } from '../state/clock.ts';
import type { Person } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import { judgeToken } from '../tokens/verdict.ts';
import type { World } from '../world.ts';
import { tasksOf } from './people.ts';

/** Lets something happen to a person, and notes in the ledger which Pages died or revived by it. */
export function noteEvent<Result>(
  { state, ledger }: World,
  person: Person,
  { event, detail }: { event: string; detail: Record<string, unknown> },
  happen: () => Result,
): Result {
  const before = workingPages(state, person);
  const result = happen();
  const after = workingPages(state, person);
  ledger.addEvent({
    at: new Date().toISOString(),
    virtual_at: new Date(nowMs(state)).toISOString(),
    person_id: person.id,
    event,
    detail,
    died: [...before].filter(pageId => !after.has(pageId)),
    revived: [...after].filter(pageId => !before.has(pageId)),
  });
  return result;
}

/** The Pages that a token of this person's works for. */
function workingPages(state: State, person: Person): Set<string> {
  const working = new Set<string>();
  for (const page of state.indexes.pagesOf(person.id)) {
    if (tasksOf(page, person.id).length === 0) continue;
    const tokens = state.indexes.tokensOf(person, page.id);
    if (tokens.some(token => judgeToken(state, token) === null)) working.add(page.id);
  }
  return working;
}
