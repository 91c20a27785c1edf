import type { Observed, SentChange } from './observer.ts';
import type { System } from './system.ts';

/** What the tables say in the end. */
export interface Stored {
  /** The states of events, by id. */
  events: ReadonlyMap<string, string>;
  /** The states of replies, by what they answer. */
  replies: ReadonlyMap<string, string>;
  /** Rows that stand with another tenant than the one that holds their page, or twice. */
  strangers: number;
}

/** The figures of a scenario. */
export interface Figures {
  /** Changes that the simulator tried to deliver, each counted once. */
  sent: number;
  /** Of these, those that were answered with 200. */
  acknowledged: number;
  /** Events in a final state. */
  processed: number;
  /** Acknowledged questions that are to be answered. */
  eligible: number;
  /** Answers that the simulator applied. */
  replies: number;
  /** Replies of which nobody can know whether they were sent; they were not. */
  unknown: number;
  /** Questions that were answered more than once. */
  doubled: number;
  /** Acknowledged changes without a row in a final state, and questions that nothing was decided about. */
  lost: number;
}

export interface Verdict {
  figures: Figures;
  /** The promises that were broken, a sentence each; empty when all is well. */
  broken: string[];
}

const finalEvents = new Set(['processed', 'ignored', 'failed']);
const openReplies = new Set(['claimed', 'sending']);
/** The least share of questions that must be answered: with as many kills to ever fewer of them no share would be. */
export const leastAnswered = { full: 0.99, quick: 0.95 };

export async function readStored(system: System): Promise<Stored> {
  const read = (table: string, id: string) =>
    system.sql<{ id: string; state: string; organization_id: string; page_id: string }>(
      `select ${id} as id, state, organization_id, page_id from ${table}`,
    );
  const [events, replies] = [await read('webhook_events', 'id'), await read('replies', 'source_id')];
  const states = (rows: typeof events) => new Map(rows.map(({ id, state }) => [id, state]));
  const owners = new Map(
    system.tenants.flatMap(({ organizationId, pages }) => pages.map(({ pageId }) => [pageId, organizationId])),
  );
  const all = [...events, ...replies];
  const strange = all.filter(({ page_id, organization_id }) => owners.get(page_id) !== organization_id).length;
  const stored = { events: states(events), replies: states(replies) };
  return { ...stored, strangers: strange + all.length - stored.events.size - stored.replies.size };
}

/**
 * Holds the simulator's ledgers against the tables.
 * @param least the share of questions that must be answered
 */
export function judge(observed: Observed, stored: Stored, least: number = leastAnswered.full): Verdict {
  const broken: string[] = [];
  const promise = (kept: boolean, sentence: string) => kept || broken.push(sentence);
  const acknowledged = [...observed.acknowledged].map(id => observed.sent.get(id)!);
  const questions = acknowledged.flatMap(({ question }) => question ?? []);

  const isMissing = ({ eventId }: SentChange) => !stored.events.has(eventId);
  const isUnfinished = ({ eventId }: SentChange) => !finalEvents.has(stored.events.get(eventId) ?? '');
  const isUndecided = ({ question }: SentChange) => question !== null && !stored.replies.has(question.sourceId);
  const missing = acknowledged.filter(isMissing).length;
  const unfinished = [...stored.events.values()].filter(state => !finalEvents.has(state)).length;
  const undecided = acknowledged.filter(isUndecided).length;
  promise(missing === 0, `${missing} acknowledged changes are not in the table.`);
  promise(unfinished === 0, `${unfinished} events are in no final state.`);
  promise(undecided === 0, `${undecided} acknowledged questions have no reply, not even a skipped one.`);
  const known = new Set([...observed.sent.values()].map(({ eventId }) => eventId));
  promise(known.size === observed.sent.size, 'Two different changes have the same id.');
  const invented = [...stored.events.keys()].filter(id => !known.has(id)).length;
  promise(stored.strangers === 0, `${stored.strangers} rows stand where another tenant reads them, or twice.`);
  promise(invented === 0, `${invented} events are stored that nobody sent.`);

  const doubles = [...observed.sends].filter(([, times]) => times > 1).map(([target]) => target);
  const doubled = doubles.length;
  promise(
    doubled === 0,
    `${doubled} questions were answered more than once, such as ${doubles.slice(0, 5).join(', ')}.`,
  );
  const targets = new Set([...observed.sent.values()].flatMap(({ question }) => question?.target ?? []));
  const strays = [...observed.sends.keys()].filter(target => !targets.has(target)).length;
  promise(strays === 0, `${strays} answers went to what was no question.`);

  const states = questions.map(({ sourceId, target }) => ({
    state: stored.replies.get(sourceId),
    answered: observed.sends.has(target),
  }));
  const count = (test: (question: { state: string | undefined; answered: boolean }) => boolean) =>
    states.filter(test).length;
  const unknown = count(({ state }) => state === 'unknown');
  const answered = count(question => question.answered);
  const open = count(({ state }) => state !== undefined && openReplies.has(state));
  promise(open === 0, `${open} replies are still open.`);
  const untrue = count(({ state, answered }) => answered !== (state === 'sent'));
  promise(untrue === 0, `${untrue} replies do not say what became of them.`);
  promise(answered >= least * questions.length, `Of ${questions.length} questions only ${answered} were answered.`);
  // Not yet, or yes: a delivery is never answered as if something of ours were broken.
  const odd = [...observed.answers.keys()].filter(answer => /^\d+$/.test(answer) && !['200', '503'].includes(answer));
  promise(odd.length === 0, `Deliveries were answered with ${odd.join(' and ')}.`);
  // Whatever is silent says so.
  promise(
    answered + unknown === questions.length,
    `${questions.length - answered - unknown} questions were passed over.`,
  );

  return {
    figures: {
      sent: observed.sent.size,
      acknowledged: acknowledged.length,
      processed: stored.events.size - unfinished,
      eligible: questions.length,
      replies: [...observed.sends.values()].reduce((sum, times) => sum + times, 0),
      unknown,
      doubled,
      lost: acknowledged.filter(change => isUnfinished(change) || isUndecided(change)).length,
    },
    broken,
  };
}
