import { describe, expect, it } from 'vitest';
import type { Observed, SentChange } from './observer.ts';
import { parseOptions, scenarioNames } from './options.ts';
import { Random } from './random.ts';
import { asJsonLines, asTable, type Result } from './report.ts';
import { judge, leastAnswered, type Stored } from './verdict.ts';

/** A hundred questions, told, acknowledged, processed and answered; and as many receipts. */
function allIsWell() {
  const sent = new Map<string, SentChange>();
  const events = new Map<string, string>();
  const replies = new Map<string, string>();
  const sends = new Map<string, number>();
  for (let number = 0; number < 100; number += 1) {
    const question = { sourceId: `source ${number}`, target: `comment ${number}` };
    sent.set(`question ${number}`, { eventId: `event ${number}`, question });
    sent.set(`receipt ${number}`, { eventId: `receipt ${number}`, question: null });
    events.set(`event ${number}`, 'processed').set(`receipt ${number}`, 'ignored');
    replies.set(question.sourceId, 'sent');
    sends.set(question.target, 1);
  }
  const acknowledged = new Set(sent.keys());
  const observed = { sent, acknowledged, sends, answers: new Map<string, number>() } satisfies Observed;
  return { observed, stored: { events, replies, strangers: 0 } satisfies Stored };
}

describe('the verdict', () => {
  it('finds nothing where all is well', () => {
    const { observed, stored } = allIsWell();
    expect(judge(observed, stored)).toEqual({
      figures: {
        ...{ sent: 200, acknowledged: 200, processed: 200, eligible: 100, replies: 100 },
        ...{ unknown: 0, doubled: 0, lost: 0 },
      },
      broken: [],
    });
  });

  it('bears a message of which nobody can know, up to one in a hundred', () => {
    const { observed, stored } = allIsWell();
    const beUnknown = (number: number) => {
      stored.replies.set(`source ${number}`, 'unknown');
      observed.sends.delete(`comment ${number}`);
    };
    beUnknown(7);
    expect(judge(observed, stored)).toMatchObject({ figures: { unknown: 1, replies: 99, lost: 0 }, broken: [] });
    beUnknown(8);
    expect(judge(observed, stored).broken).toEqual(['Of 100 questions only 98 were answered.']);
    // A short run has as many kills to a few questions.
    expect(judge(observed, stored, leastAnswered.quick).broken).toEqual([]);
  });

  it('does not hold against us what was never acknowledged', () => {
    const { observed, stored } = allIsWell();
    observed.acknowledged.delete('question 3');
    stored.events.delete('event 3');
    stored.replies.delete('source 3');
    observed.sends.delete('comment 3');
    expect(judge(observed, stored)).toMatchObject({ figures: { acknowledged: 199, eligible: 99 }, broken: [] });
  });

  type World = ReturnType<typeof allIsWell>;
  it.each<[what: string, spoil: (world: World) => void, sentence: string, figures: object]>([
    [
      'an acknowledged change that is nowhere',
      ({ stored }) => stored.events.delete('receipt 5'),
      '1 acknowledged changes are not in the table.',
      { lost: 1 },
    ],
    [
      'a row that another tenant reads',
      ({ stored }) => {
        stored.strangers = 1;
      },
      '1 rows stand where another tenant reads them, or twice.',
      {},
    ],
    [
      'an event that is still open',
      ({ stored }) => stored.events.set('receipt 5', 'pending'),
      '1 events are in no final state.',
      { lost: 1 },
    ],
    [
      'a question that nobody looked at',
      ({ observed, stored }) => {
        stored.replies.delete('source 5');
        observed.sends.delete('comment 5');
      },
      '1 acknowledged questions have no reply, not even a skipped one.',
      { lost: 1 },
    ],
    [
      'a question answered twice',
      ({ observed }) => observed.sends.set('comment 5', 2),
      '1 questions were answered more than once, such as comment 5.',
      { doubled: 1 },
    ],
    [
      'an answer to what was no question',
      ({ observed }) => observed.sends.set('comment of a stranger', 1),
      '1 answers went to what was no question.',
      {},
    ],
    [
      'an event that nobody sent',
      ({ stored }) => stored.events.set('invented', 'ignored'),
      '1 events are stored that nobody sent.',
      {},
    ],
    [
      'two changes taken for one',
      ({ observed }) => observed.sent.set('receipt 5', { eventId: 'receipt 6', question: null }),
      'Two different changes have the same id.',
      {},
    ],
    [
      'a reply that says it was sent, and was not',
      ({ observed }) => observed.sends.delete('comment 5'),
      '1 replies do not say what became of them.',
      {},
    ],
    [
      'a reply that says it was not sent, and was',
      ({ stored }) => stored.replies.set('source 5', 'unknown'),
      '1 replies do not say what became of them.',
      { unknown: 1 },
    ],
    [
      'a reply that is under way for ever',
      ({ observed, stored }) => {
        stored.replies.set('source 5', 'sending');
        observed.sends.delete('comment 5');
      },
      '1 replies are still open.',
      {},
    ],
    [
      'a delivery that was answered as if something were broken',
      ({ observed }) => observed.answers.set('200', 198).set('503', 1).set('ECONNRESET', 1).set('500', 1),
      'Deliveries were answered with 500.',
      {},
    ],
    [
      'a question that was skipped',
      ({ observed, stored }) => {
        stored.replies.set('source 5', 'skipped');
        observed.sends.delete('comment 5');
      },
      '1 questions were passed over.',
      {},
    ],
  ])('finds %s', (_, spoil, sentence, figures) => {
    const world = allIsWell();
    spoil(world);
    const verdict = judge(world.observed, world.stored);
    expect(verdict.broken).toContain(sentence);
    expect(verdict.figures).toMatchObject(figures);
  });
});

describe('the report', () => {
  const { figures } = judge(allIsWell().observed, allIsWell().stored);
  const result: Result = {
    ...{ scenario: 'kills', queue: 'redis', seed: 7, seconds: 9, kills: 1_000 },
    ...figures,
    details: { random: 12 },
    broken: [],
    skipped: null,
  };

  it('is one JSON object a scenario', () => {
    const lines = asJsonLines([result, result]).split('\n');
    expect(lines.map(line => JSON.parse(line))).toEqual([result, result]);
  });

  it('says in the table which promises were broken', () => {
    expect(asTable([result])).toMatch(/kills .* 1,000 .* kept/);
    expect(asTable([{ ...result, broken: ['2 questions were answered more than once.'] }])).toMatch(
      /BROKEN.*BROKEN: 2 questions/s,
    );
    expect(asTable([{ ...result, skipped: 'There is no disk.' }])).toMatch(/SKIPPED.*kills: There is no disk\./s);
  });
});

describe('options', () => {
  it('run everything on Redis, and a smoke run on Postgres', () => {
    const only = [...scenarioNames];
    expect(parseOptions([])).toMatchObject({ json: false, quick: false, queue: 'redis', only });
    const onPostgres = only.filter(name => name !== 'redis');
    expect(parseOptions(['--queue', 'postgres'])).toMatchObject({ quick: true, only: onPostgres });
    expect(parseOptions(['--only', 'redis,kills', '--seed', '7'])).toMatchObject({ only: ['redis', 'kills'], seed: 7 });
  });

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--only', 'fire'])).toThrow('There is no scenario fire');
    expect(() => parseOptions(['--queue', 'paper'])).toThrow('not paper');
    expect(() => parseOptions(['--seed', 'x'])).toThrow();
    expect(() => parseOptions(['--queue', 'postgres', '--only', 'redis'])).toThrow('Without Redis');
  });
});

it('what follows from a seed is the same each time', () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return [random.next(), random.between(1, 6), random.pick(['a', 'b', 'c']), random.shuffled([1, 2, 3, 4, 5])];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const random = new Random(1);
  const throws = Array.from({ length: 6_000 }, () => random.between(1, 6));
  for (let face = 1; face <= 6; face += 1) expect(throws.filter(thrown => thrown === face).length).toBeGreaterThan(800);
});
