import { commentsUnder } from '../../conversation/comments.ts';
import { nowMs } from '../../state/clock.ts';
import type { Page } from '../../state/entities.ts';
import type { State } from '../../state/state.ts';
import { GraphError, numbered } from '../errors.ts';

const watchedMs = 10 * 60_000;
const greatestWatched = 1000;
const blockedMs = 60 * 60_000;
// Retrying while blocked prolongs it.
const prolongedByMs = 5 * 60_000;

/**
 * Refuses what a Page writes too often, as far as the knobs say so: 506 for the same text at the same place, 368 for a
 * burst of equal texts, and then for an hour.
 */
export function demandVariety(state: State, page: Page, parentId: string, message: string): void {
  const { duplicate_comments, identical_comments } = state.app.knobs;
  if (page.commentsBlockedUntilMs > nowMs(state)) {
    page.commentsBlockedUntilMs += prolongedByMs;
    throw abusive();
  }
  if (identical_comments !== null && isBurst(state, page, message, identical_comments)) {
    page.commentsBlockedUntilMs = nowMs(state) + blockedMs;
    throw abusive();
  }
  if (duplicate_comments === 'refused' && isRepeated(state, page, parentId, message)) {
    throw numbered(506, 'Duplicate status message');
  }
}

function isBurst(state: State, page: Page, text: string, most: number): boolean {
  const now = nowMs(state);
  page.latelyWritten = page.latelyWritten.filter(({ atMs }) => atMs > now - watchedMs);
  page.latelyWritten = [...page.latelyWritten.slice(-greatestWatched), { text, atMs: now }];
  return page.latelyWritten.filter(written => written.text === text).length > most;
}

function isRepeated(state: State, page: Page, parentId: string, message: string): boolean {
  return commentsUnder(state, parentId).some(({ from, message: text }) => from.id === page.id && text === message);
}

const abusive = () =>
  new GraphError(368, '(#368) The action attempted has been deemed abusive or is otherwise disallowed', {
    subcode: 1390008,
  });
