import type { Incoming } from '@pagekeeper/facebook/webhook-payload';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { integrationConfigInput } from '../src/integrations/integration-config.ts';
import {
  type Decision,
  decide,
  type EventSituation,
  maxPageReplies,
  maxPrivateReplies,
  maxThreadReplies,
  type ReplySituation,
} from '../src/replies/decide.ts';
import { matchRule } from '../src/replies/match-rule.ts';

const now = new Date('2026-11-24T12:00:00Z');
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const pageId = '104500000000001';

const situation = (changes: Partial<ReplySituation> = {}, config: object = {}): ReplySituation => ({
  now,
  clock: now,
  pageId,
  pageName: 'Blue Cup',
  config: integrationConfigInput.parse({ auto_reply: true, ...config }),
  connectedAt: ago(24 * 30),
  repliesPaused: false,
  repliesOff: false,
  pageReplies: 0,
  privateReplies: 0,
  ownComments: new Set(),
  ...changes,
});

const event = (changes: Partial<EventSituation> = {}): EventSituation => ({
  pageId,
  receivedAt: now,
  replay: null,
  humanUntil: null,
  threadReplies: 0,
  ...changes,
});

type Comment = Extract<Incoming, { kind: 'comment' }>;

const comment = (changes: Partial<Comment> = {}): Comment => ({
  kind: 'comment',
  commentId: '77_99',
  postId: `${pageId}_77`,
  parentId: null,
  fromId: '4001',
  fromName: 'Ana',
  text: 'Is this in stock?',
  createdAt: ago(0),
  ...changes,
});

const message = (changes: object = {}): Incoming => ({
  kind: 'message',
  senderId: '678',
  mid: 'm_1',
  text: 'Hello?',
  sentAt: ago(0),
  ...changes,
});

const reasonOf = (decision: Decision): string => ('reason' in decision ? decision.reason : decision.type);

describe('what is answered, and what is not, with the reason', () => {
  const answered = 'reply';
  test.each<[string, Incoming | null, Partial<ReplySituation>, object, Partial<EventSituation>, string]>([
    ['a comment', comment(), {}, {}, {}, answered],
    ['a message', message(), {}, {}, {}, answered],
    ['nothing readable', null, {}, {}, {}, 'Nothing to answer.'],
    ['our own comment', comment({ fromId: pageId }), {}, {}, {}, 'The page wrote it itself.'],
    ['our own message', message({ senderId: pageId }), {}, {}, {}, 'The page wrote it itself.'],
    ['an answer of ours', comment(), { ownComments: new Set(['99']) }, {}, {}, 'It is an answer of ours.'],
    ['nobody’s comment', comment({ fromId: null }), {}, {}, {}, 'Facebook does not say who wrote it.'],
    ['auto_reply off', comment(), {}, { auto_reply: false }, {}, 'auto_reply is off for this integration.'],
    ['paused', comment(), { repliesPaused: true }, {}, {}, 'Replies are paused for this organization.'],
    ['switched off', comment(), { repliesOff: true }, {}, {}, 'Replies are switched off by the operator.'],
    ['timeless', comment({ createdAt: null }), {}, {}, {}, 'Facebook does not say when it was written.'],
    [
      'before the claim',
      comment({ createdAt: ago(2) }),
      { connectedAt: ago(1) },
      {},
      {},
      'It was written before the page was connected.',
    ],
    ['a comment of 47 hours', comment({ createdAt: ago(47) }), {}, {}, {}, answered],
    ['a comment of 49 hours', comment({ createdAt: ago(49) }), {}, {}, {}, 'It is older than 48 hours.'],
    [
      'a private answer to one of 49 hours',
      comment({ createdAt: ago(49) }),
      {},
      { comment_reply: { text: 'x', visibility: 'private' } },
      {},
      answered,
    ],
    [
      'a private answer to one of 8 days',
      comment({ createdAt: ago(8 * 24) }),
      {},
      { comment_reply: { text: 'x', visibility: 'private' } },
      {},
      'It is older than 7 days.',
    ],
    ['a message of 23 hours', message({ sentAt: ago(23) }), {}, {}, {}, answered],
    ['a message of 25 hours', message({ sentAt: ago(25) }), {}, {}, {}, 'It is older than 24 hours.'],
    ['a minute ahead', message({ sentAt: ago(-1 / 60) }), {}, {}, {}, answered],
    ['an hour ahead', message({ sentAt: ago(-1) }), {}, {}, {}, 'It says that it was written in the future.'],
    [
      'a human answers',
      message(),
      {},
      {},
      { humanUntil: ago(-1) },
      'A person of the page answers in this conversation.',
    ],
    ['a human answered yesterday', message(), {}, {}, { humanUntil: ago(1) }, answered],
    [
      'a human answered it the day before, while it waited',
      comment({ createdAt: ago(47) }),
      {},
      {},
      { humanUntil: ago(1) },
      'A person of the page answered it.',
    ],
    [
      'a human spoke before it, two days ago',
      comment({ createdAt: ago(20) }),
      {},
      {},
      { humanUntil: ago(24) },
      answered,
    ],
    [
      'a conversation without end',
      message(),
      {},
      {},
      { threadReplies: maxThreadReplies },
      'This conversation had 20 automatic replies within an hour.',
    ],
    [
      'a page that has run away',
      message(),
      { pageReplies: maxPageReplies },
      {},
      {},
      'The page sent 3000 automatic replies within an hour.',
    ],
    ['replayed', comment(), {}, {}, { replay: 'quiet' }, 'Replayed without replies.'],
    ['replayed with replies', comment(), {}, {}, { replay: 'replies' }, answered],
    [
      'another page of before',
      comment(),
      {},
      {},
      { pageId: '1' },
      'It was sent to a page that this integration no longer holds.',
    ],
    ['a removal', { kind: 'removal', commentId: '77_99' }, {}, {}, {}, 'removed'],
  ])('%s', (_name, incoming, changes, config, about, expected) => {
    const decision = decide(incoming, event(about), situation(changes, config));
    expect(decision.type === 'reply' ? 'reply' : reasonOf(decision)).toBe(expected);
  });

  it('knows a comment by the last part of its id, however Facebook writes it', () => {
    for (const commentId of ['99', '77_99', `${pageId}_77_99`]) {
      expect(decide(comment({ commentId }), event(), situation())).toMatchObject({ sourceId: '99' });
    }
  });

  it('waits for its delay by the database’s clock', () => {
    const config = { reply_delay_seconds: 60 };
    const due = decide(message(), event({ receivedAt: now }), situation({}, config));
    expect(due).toMatchObject({ waits: { until: new Date(now.getTime() + 60_000) } });
    const past = decide(message(), event({ receivedAt: ago(1) }), situation({}, config));
    expect(past).toMatchObject({ waits: null });
  });

  it('waits when Facebook takes no more private replies of the page, and only then', () => {
    const isPrivate = { comment_reply: { text: 'Inside.', visibility: 'private' } };
    const due = (privateReplies: number, incoming: Incoming, config: object) =>
      decide(incoming, event({ receivedAt: ago(1) }), situation({ privateReplies }, config));
    const waits = { until: new Date(now.getTime() + 600_000), reason: expect.stringContaining('700 private replies') };
    expect(due(maxPrivateReplies, comment(), isPrivate)).toMatchObject({ type: 'reply', waits });
    expect(due(maxPrivateReplies - 1, comment(), isPrivate)).toMatchObject({ waits: null });
    expect(due(maxPrivateReplies, comment(), {})).toMatchObject({ waits: null });
    expect(due(maxPrivateReplies, message(), isPrivate)).toMatchObject({ waits: null });
  });

  it('only stores in the shadow', () => {
    expect(decide(message(), event(), situation({}, { auto_reply: 'shadow' }))).toMatchObject({ shadow: true });
    expect(decide(message(), event(), situation())).toMatchObject({ shadow: false });
  });
});

describe('what is said', () => {
  const textOf = (incoming: Incoming, config: object = {}, changes: Partial<ReplySituation> = {}) => {
    const decision = decide(incoming, event(), situation(changes, config));
    return decision.type === 'reply' ? [decision.rule, decision.text] : decision;
  };

  it('the first rule that fits, else the own text, else the default', () => {
    const config = {
      comment_reply: { text: 'Hi {sender_name}' },
      rules: [
        { when: { kind: 'message', contains_any: ['stock'] }, text: 'never' },
        { when: { contains_any: ['opening hours', 'in stock'] }, text: 'Yes!' },
      ],
    };
    expect(textOf(comment(), config)).toEqual(['rules[1]', 'Yes!']);
    expect(textOf(comment({ text: 'Nice' }), config)).toEqual(['comment_reply', 'Hi Ana']);
    expect(textOf(message({ text: 'Nice' }), config)).toEqual([
      'default',
      'Thank you for your message! We will get back to you soon.',
    ]);
  });

  it('takes a name as a name, whatever is in it, and keeps within what Messenger takes', () => {
    const config = { comment_reply: { text: 'Dear {sender_name}, {page_name}' } };
    const changes = { pageName: "$' {sender_name}" };
    expect(textOf(comment({ fromName: '$& $1 {page_name}' }), config, changes)).toEqual([
      'comment_reply',
      "Dear $& $1 {page_name}, $' {sender_name}",
    ]);
    // A name is cut where a character ends, and spaces are none.
    const said = textOf(comment({ fromName: `${'a'.repeat(99)}😀` }), config) as string[];
    expect(said[1]).toBe(`Dear ${'a'.repeat(99)}, ${situation().pageName}`);
    expect(textOf(comment({ fromName: '   ' }), config)).toEqual([
      'comment_reply',
      `Dear there, ${situation().pageName}`,
    ]);
    const long = decide(comment({ fromName: '😀'.repeat(5_000) }), event(), situation({}, config));
    expect(long.type === 'reply' && long.text.length).toBeLessThan(2_000);
  });

  it('never breaks, whatever comes', () => {
    const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(
      fc.property(text, text, optional(text), (pageName, word, said) => {
        const config = {
          rules: [{ when: { contains_any: [`a${word.slice(0, 90)}`] }, text: '{sender_name} {page_name}' }],
        };
        const decision = decide(comment({ fromName: word, text: said }), event(), situation({ pageName }, config));
        expect(decision.type).toBe('reply');
        if (decision.type === 'reply') expect(decision.text.length).toBeLessThan(2_000);
      }),
    );
  });
});

describe('rules match literal words', () => {
  test.each([
    ['in stock', 'Is this IN STOCK?', true],
    ['stock', 'stockings', false],
    ['price', 'Price, please', true],
    ['ÖFFNUNGSZEITEN', 'eure öffnungszeiten?', true],
    ['(a+)+$', 'aaaaaaaaaaaaaaaaaaaa!', false],
    ['.*', 'anything', false],
    ['👍', 'great 👍!', true],
    ['価格', 'この価格はいくらですか', true],
    ['in  stock', 'in stock', true],
    ['ｐｒｉｃｅ', 'price', true],
    ['50%', 'Room 50, please', false],
    ['50%', 'Is it 50% off?', true],
    ['C++', 'vitamin C', false],
    ['C++', 'Do you teach c++?', true],
    ['#1', 'only 1 left', false],
    ['price 😀', 'The price?', false],
    ['in stock?', 'is it in stock', true],
    ['ဈေး', 'ဒီဟာဈေးဘယ်လောက်လဲ', true],
  ])('%s in "%s": %s', (phrase, text, expected) => {
    const rules = [{ when: { contains_any: [phrase] }, text: 'x' }];
    expect(matchRule(rules, 'comment', text) !== null).toBe(expected);
  });

  it('takes no long time over a long comment', () => {
    const rules = Array.from({ length: 50 }, (_, index) => ({
      when: { contains_any: Array.from({ length: 50 }, (_, word) => `word ${index} ${word} (a+)+$`) },
      text: 'x',
    }));
    const began = performance.now();
    expect(matchRule(rules, 'comment', 'a'.repeat(1_000_000))).toBeNull();
    // Generous: a pattern that explodes takes years.
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
