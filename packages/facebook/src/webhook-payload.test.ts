import { describe, expect, test } from 'vitest';
import { describeIncoming, maxChanges, parseDelivery } from './webhook-payload.ts';

const page = '104500000000001';
const person = '6780000000000001';
const seconds = 1764000000;
const ms = 1764000000_500;

const comment = {
  from: { id: person, name: 'Ana Silva' },
  message: 'Is this in stock?',
  post_id: `${page}_122100000000007`,
  comment_id: '122100000000007_990000000000001',
  created_time: seconds,
  item: 'comment',
  parent_id: `${page}_122100000000007`,
  verb: 'add',
};

const feed = (value: unknown) => ({ field: 'feed', value });
const talk = (part: object) => ({ sender: { id: person }, recipient: { id: page }, timestamp: ms, ...part });
const delivery = (...entry: unknown[]) => ({ object: 'page', entry });
const entryOf = (content: object, id: unknown = page) => ({ id, time: seconds, ...content });
const changesIn = (content: object) => parseDelivery(delivery(entryOf(content))) ?? [];
const readFeed = (value: unknown) => changesIn({ changes: [feed(value)] })[0];
const readTalk = (part: object) => changesIn({ messaging: [talk(part)] })[0];

describe('feed', () => {
  test('a comment on a post', () => {
    expect(readFeed(comment)).toEqual({
      pageId: page,
      kind: 'comment.add',
      time: new Date(seconds * 1000),
      identity: ['990000000000001'],
      personId: person,
      threadId: '990000000000001',
      payload: feed(comment),
    });
  });

  test.each([
    ['a rating in the feed', { item: 'rating', verb: 'add', from: { id: person }, message: 'Nice' }],
    ['a verb of tomorrow', { ...comment, verb: 'translate' }],
    ['an item of yesterday', { item: 'horoscope', verb: 'x', sender_id: person }],
    ['a review', { item: 'review', verb: 'add', reviewer_id: person, review_text: 'Nice' }],
    ['the dashboard’s test', { sender: { id: person }, message: { text: 'test_message' } }],
  ])('what is unknown is still its person’s: %s', (_, value) => {
    expect(readFeed(value)).toMatchObject({ kind: 'unknown', personId: person });
  });

  test('a reply belongs to the thread of its parent', () => {
    const reply = { ...comment, comment_id: '122100000000007_990000000000002', parent_id: comment.comment_id };
    expect(readFeed(reply)?.threadId).toBe('990000000000001');
    expect(describeIncoming('comment.add', feed(reply))).toMatchObject({ parentId: comment.comment_id });
  });

  test('a parent that is the post under another id is no parent', () => {
    expect(readFeed({ ...comment, post_id: `${page}_1`, parent_id: `${page}_122100000000007` })?.threadId).toBe(
      '990000000000001',
    );
  });

  test.each([
    ['edited', 'comment.edit'],
    ['edit', 'comment.edit'],
    ['remove', 'comment.remove'],
    ['delete', 'comment.remove'],
    ['hide', 'comment.hide'],
    ['unhide', 'comment.unhide'],
    ['mute', 'unknown'],
    [undefined, 'unknown'],
    [7, 'unknown'],
  ])('verb %s of a comment is %s', (verb, kind) => {
    expect(readFeed({ ...comment, verb })?.kind).toBe(kind);
  });

  test('two edits differ, the same edit does not', () => {
    const edit = (message: string) => readFeed({ ...comment, verb: 'edited', message })?.identity;
    expect(edit('a')).toEqual(edit('a'));
    expect(edit('a')).not.toEqual(edit('b'));
  });

  test('a comment without its author, its text, or its own id', () => {
    const { from: _from, message: _message, ...bare } = comment;
    expect(readFeed(bare)).toMatchObject({ kind: 'comment.add', personId: null });
    expect(readFeed({ ...bare, sender_id: 4001 })).toMatchObject({ personId: '4001' });
    expect(readFeed({ ...comment, comment_id: undefined })).toMatchObject({ kind: 'unknown' });
    expect(describeIncoming('comment.add', feed(bare))).toMatchObject({ fromId: null, fromName: null, text: null });
  });

  test.each(['status', 'photo', 'video', 'share', 'post', 'link', 'album'])('item %s is a post', item => {
    expect(readFeed({ item, verb: 'add', post_id: '1_2', created_time: seconds })?.kind).toBe('post');
  });

  test('reactions, likes, mentions, and what is not known', () => {
    const reaction = { item: 'reaction', reaction_type: 'love', verb: 'add', post_id: '1_2', from: { id: '3' } };
    expect(readFeed(reaction)).toMatchObject({ kind: 'reaction', time: null, identity: ['2', '3', 'love', 'add'] });
    expect(readFeed({ item: 'like', verb: 'add', from: { id: '3' } })?.kind).toBe('reaction');
    expect(changesIn({ changes: [{ field: 'mention', value: { post_id: '1_2', sender_id: '9' } }] })[0]).toMatchObject({
      kind: 'mention',
      personId: '9',
    });
    expect(readFeed({ item: 'hologram', verb: 'add' })?.kind).toBe('unknown');
    expect(changesIn({ changes: [{ field: 'leadgen', value: { leadgen_id: '1' } }] })[0]?.kind).toBe('unknown');
  });
});

describe('messaging', () => {
  const cases: [string, object, string, string[] | null][] = [
    ['message', { message: { mid: 'm_1', text: 'hi' } }, 'message', ['m_1']],
    ['message without text', { message: { mid: 'm_1', attachments: [] } }, 'message', ['m_1']],
    ['message without mid', { message: { text: 'hi' } }, 'unknown', null],
    ['delivery', { delivery: { mids: ['m_1'], watermark: ms } }, 'message.delivery', [person, String(ms)]],
    ['delivery without mids', { delivery: { watermark: ms } }, 'message.delivery', [person, String(ms)]],
    ['read', { read: { watermark: ms } }, 'message.read', [person, String(ms)]],
    ['postback', { postback: { mid: 'm_2', payload: 'X' } }, 'postback', ['m_2']],
    ['postback without mid', { postback: { payload: 'X' } }, 'postback', null],
    ['optin', { optin: { type: 'notification_messages' } }, 'optin', null],
    ['referral', { referral: { ref: 'x' } }, 'referral', null],
    [
      'reaction',
      { reaction: { mid: 'm_1', action: 'react', emoji: '❤' } },
      'message.reaction',
      ['m_1', person, 'react', String(ms)],
    ],
    ['pass thread', { pass_thread_control: { new_owner_app_id: 5 } }, 'handover', null],
    ['take thread', { take_thread_control: { previous_owner_app_id: null } }, 'handover', null],
    ['request thread', { request_thread_control: {} }, 'handover', null],
    ['app roles', { app_roles: { '5': ['primary_receiver'] } }, 'handover', null],
    ['policy', { sender: undefined, policy_enforcement: { action: 'block' } }, 'policy', null],
    ['account linking', { account_linking: { status: 'linked' } }, 'unknown', null],
    ['nothing at all', {}, 'unknown', null],
  ];
  test.each(cases)('%s', (_name, part, kind, identity) => {
    const change = readTalk(part);
    expect(change).toMatchObject({ kind, time: new Date(ms) });
    if (identity) expect(change?.identity).toEqual(identity);
    else expect(change?.identity).toHaveLength(1);
    expect(change?.personId).toBe('sender' in part ? null : person);
    expect(change?.threadId).toBe(change?.personId);
  });

  test('an edit is told apart by its content; num_edit may be a string', () => {
    const edit = (text: string, count: unknown) => readTalk({ message_edit: { mid: 'm_1', text, num_edit: count } });
    expect(edit('a', 1)).toMatchObject({ kind: 'message.edit' });
    expect(edit('a', 1)?.identity).toEqual(edit('a', '1')?.identity);
    expect(edit('a', 1)?.identity).not.toEqual(edit('b', 1)?.identity);
  });

  test('an echo belongs to the thread of its recipient', () => {
    const echo = { is_echo: true, app_id: 26390203743090, metadata: 'rpl_1', mid: 'm_9', text: 'Hello' };
    const item = { sender: { id: page }, recipient: { id: person }, timestamp: ms, message: echo };
    const change = changesIn({ messaging: [item] })[0];
    expect(change).toMatchObject({ kind: 'message.echo', identity: ['m_9'], personId: person, threadId: person });
    expect(describeIncoming('message.echo', change?.payload)).toEqual({
      kind: 'echo',
      mid: 'm_9',
      sentAt: change?.time,
      recipientId: person,
      appId: '26390203743090',
      metadata: 'rpl_1',
    });
  });

  test('what the page itself sent is an echo even without the flag', () => {
    const item = { sender: { id: page }, recipient: { id: person }, timestamp: ms, message: { mid: 'm_9' } };
    expect(changesIn({ messaging: [item] })[0]?.kind).toBe('message.echo');
  });

  test('standby is never a message', () => {
    const change = changesIn({ standby: [talk({ message: { mid: 'm_1', text: 'hi' } })] })[0];
    expect(change).toMatchObject({ kind: 'standby', identity: ['message', 'm_1'], personId: person });
    expect(describeIncoming('standby', change?.payload)).toBeNull();
  });

  test('a message described', () => {
    expect(describeIncoming('message', talk({ message: { mid: 'm_1', text: 'hi' } }))).toEqual({
      kind: 'message',
      senderId: person,
      mid: 'm_1',
      text: 'hi',
      sentAt: new Date(ms),
    });
  });
});

describe('odd shapes', () => {
  test.each([
    ['null', null],
    ['a string', 'page'],
    ['a list', []],
    ['another object', { object: 'user', entry: [] }],
    ['no entry', { object: 'page' }],
    ['entry is an object', { object: 'page', entry: {} }],
  ])('%s is no delivery', (_name, body) => {
    expect(parseDelivery(body)).toBeNull();
  });

  test('entries and items that are no objects, or name no page, are skipped; the others stay', () => {
    const good = entryOf({ changes: [null, 5, 'x', [], feed(comment)] });
    const bodies = delivery(null, 1, 'x', [good], entryOf({ changes: [feed(comment)] }, null), { id: page }, good);
    expect(parseDelivery(bodies)).toHaveLength(1);
    expect(parseDelivery(delivery(entryOf({ changes: [feed(comment)] }, '10\u000045')))).toEqual([]);
    expect(parseDelivery(delivery(entryOf({ changes: {}, messaging: 'x', standby: 1 })))).toEqual([]);
  });

  test('ids: numbers become strings, numbers beyond 2^53 are none, long strings stay', () => {
    expect(parseDelivery(delivery(entryOf({ changes: [feed(comment)] }, 1045)))?.[0]?.pageId).toBe('1045');
    expect(parseDelivery(delivery(entryOf({ changes: [feed(comment)] }, 2 ** 60)))).toEqual([]);
    const long = '92233720368547758079';
    expect(readFeed({ ...comment, from: { id: long } })?.personId).toBe(long);
    expect(readFeed({ ...comment, from: { id: 2 ** 60 } })?.personId).toBeNull();
  });

  test('the test button of the dashboard', () => {
    const value = {
      sender: { id: '12334' },
      recipient: { id: '23245' },
      timestamp: '1527459824',
      message: { mid: 'x' },
    };
    expect(changesIn({ changes: [{ field: 'messages', value }] })[0]?.kind).toBe('unknown');
    expect(parseDelivery(delivery({ id: '0', time: 1, changes: [{ field: 'feed', value: {} }] }))?.[0]?.kind).toBe(
      'unknown',
    );
  });

  test('changed_fields without values', () => {
    expect(changesIn({ changed_fields: ['feed'] })).toMatchObject([{ kind: 'unknown', personId: null }]);
  });

  test('changes and messaging in one entry', () => {
    const both = { changes: [feed(comment)], messaging: [talk({ message: { mid: 'm_1' } })] };
    expect(changesIn(both).map(change => change.kind)).toEqual(['comment.add', 'message']);
  });

  test('NUL and lone surrogates leave the text, not the payload', () => {
    const value = { ...comment, message: 'a\0b\ud83dc\ud83d\ude00', from: { id: person, name: '\udc00' } };
    const change = readFeed(value);
    expect(describeIncoming('comment.add', change?.payload)).toMatchObject({
      text: 'ab\ufffdc\u{1f600}',
      fromName: '\ufffd',
    });
    expect(change?.payload).toEqual(feed(value));
  });

  test('times: seconds, milliseconds, ISO 8601, and none', () => {
    const timeOf = (created_time: unknown) => readFeed({ ...comment, created_time })?.time?.getTime() ?? null;
    expect(timeOf(seconds)).toBe(seconds * 1000);
    expect(timeOf(String(seconds))).toBe(seconds * 1000);
    expect(timeOf(seconds * 1000)).toBe(seconds * 1000);
    expect(timeOf('2025-11-24T16:00:00+0000')).toBe(seconds * 1000);
    for (const odd of [0, -1, 1e300, Number.NaN, 'soon', null, {}, true]) expect(timeOf(odd)).toBeNull();
    expect(changesIn({ messaging: [{ ...talk({ message: { mid: 'm' } }), timestamp: seconds }] })[0]?.time).toEqual(
      new Date(seconds * 1000),
    );
  });

  test('a payload too deep to be written again is not kept', () => {
    const deep = JSON.parse(`{"field":"feed","value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(changesIn({ changes: [deep, feed(comment)] })).toMatchObject([
      { kind: 'unknown', payload: null },
      { kind: 'comment.add' },
    ]);
  });

  test('beyond the limit the rest is reported', () => {
    let left = 0;
    const body = delivery(entryOf({ changes: Array.from({ length: maxChanges + 7 }, () => feed(comment)) }));
    expect(parseDelivery(body, count => (left = count))).toHaveLength(maxChanges);
    expect(left).toBe(7);
  });
});
