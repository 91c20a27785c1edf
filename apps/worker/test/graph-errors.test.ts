import { setTimeout as sleep } from 'node:timers/promises';
import { sweepEventsJob } from '@pagekeeper/domain/jobs';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { SimulatedPage } from '@pagekeeper/testing/network/simulator-control';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Calls, type SendRow, sendRows, type TokenRow, tokenRows } from './graph-error-rows.ts';

let network: Network;
let acme: Tenant;
/** Each row has a page and a person of its own, so that they are played at the same time. */
const pages = new Map<TokenRow | SendRow, ConnectedPage>();
/** The ledger's last number before anybody wrote. */
let before = 0;
/** How long each page was left alone after its first refusal, in minutes. */
const rests = new Map<string, number>();
let hours = 2;

const rows = [...tokenRows, ...sendRows];

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  await inGroups(rows, async row => void pages.set(row, await connect(row)));
  // The short-lived token ends. What finds that out is to be the answer, and no check of every day.
  await network.sql(`update facebook_page_integrations set next_check_at = app.now() + interval '1 year'`);
  await network.moveClock(hours);
  await network.settle();
  before = (await network.simulator.get('/__sim/ledger?limit=1')).last_sequence;
  await inGroups(tokenRows, lose);
  await inGroups(sendRows, refuse);
  await untilNothingIsDue();
  // Nothing more is sent with a token that is known to be dead.
  await inGroups(tokenRows, row => customerWrites(pages.get(row)!, 'message'));
  await untilNothingIsDue();
  for (const wait of [0.1, 0.1, 0.1, 0.1, 0.1, 7]) {
    hours += wait;
    await network.moveClock(hours);
    await untilNothingIsDue();
  }
}, 180_000);

afterAll(() => network?.stop());

describe('a dead token that an answer meets', () => {
  it.each(tokenRows.map(row => [row.sentence, row] as const))('%s', async (_, row) => {
    const { id, page } = pages.get(row)!;
    const { facebook_page } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`));
    expect([facebook_page.status, facebook_page.status_reason.code]).toEqual([row.ends.status, row.ends.reason]);
    expect(await eventStates(page.page_id)).toEqual(['parked', 'parked']);
    expect(await callsAbout(page.personId)).toEqual(row.ends.calls);
  });
});

describe('an answer that is refused', () => {
  it.each(sendRows.map(row => [row.sentence, row] as const))('%s', async (_, row) => {
    const { id, page } = pages.get(row)!;
    const { facebook_page } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`));
    expect([facebook_page.status, facebook_page.status_reason]).toEqual(['healthy', null]);
    // The page's own comment comes back as an event, and is not answered.
    const ours = `select state from replies where page_id = $1 and state <> 'skipped'`;
    const replies = await network.sql(ours, [page.page_id]);
    expect(replies).toEqual([{ state: row.ends.reply }]);
    expect(rests.get(page.page_id) ?? null).toBe(row.ends.restsMinutes);
    expect(await callsAbout(page.personId)).toEqual(row.ends.calls);
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends.repeated).toEqual({});
  });
});

async function connect(row: TokenRow | SendRow): Promise<ConnectedPage> {
  const [long] = await network.simulator.createPages(1, row.sentence);
  const page = 'event' in row && row.event === null ? await shortLived(long!.personId) : long!;
  const isPrivate = 'to' in row && row.to === 'comment in private';
  const config = isPrivate ? { comment_reply: { text: 'Inside.', visibility: 'private' } } : {};
  return await acme.connectPage({ page, config: { auto_reply: true, ...config } });
}

/** A page token that ends in an hour, and a login that Facebook does not prolong. */
async function shortLived(person_id: string): Promise<SimulatedPage> {
  const match = { person_id, endpoint: 'access_token' };
  await network.simulator.post('/__sim/faults', { match, fault: { type: 'error', code: 100 } });
  const [page] = await network.simulator.logIn(person_id, 'short');
  return page!;
}

async function lose(row: TokenRow): Promise<void> {
  const connected = pages.get(row)!;
  const { personId, page_id } = connected.page;
  const about = row.event?.type === 'role_removed' ? { page_id } : {};
  if (row.event) await network.simulator.post(`/__sim/people/${personId}/events`, { ...row.event, ...about });
  await customerWrites(connected, 'message');
}

async function refuse(row: SendRow): Promise<void> {
  const connected = pages.get(row)!;
  await network.simulator.post('/__sim/faults', {
    match: { page_id: connected.page.page_id, method: 'POST' },
    fault: { type: 'error', ...row.refusal },
    times: row.times,
  });
  await customerWrites(connected, row.to === 'message' ? 'message' : 'comment');
}

const customerWrites = ({ page }: ConnectedPage, what: 'message' | 'comment'): Promise<unknown> =>
  network.simulator.post(`/__sim/pages/${page.page_id}/${what}s`, { text: 'Hello?' });

/** Waits until each event is closed or parked, or its page rests until the clock moves. */
async function untilNothingIsDue(timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  await network.simulator.calm();
  for (;;) {
    await noteRests();
    const due = await network.sql(
      `select e.page_id, e.reason from webhook_events e
       join facebook_page_integrations p on p.organization_id = e.organization_id and p.id = e.integration_id
       where e.state = 'pending' and (p.paused_until is null or p.paused_until <= app.now() + interval '20 seconds')`,
    );
    const { waiting, active } = await network.services.queue.counts();
    if (due.length + waiting + active === 0) return;
    if (waiting + active === 0) await network.services.queue.enqueue(sweepEventsJob, {});
    if (Date.now() > deadline) throw new Error(`still due: ${JSON.stringify(due)}`);
    await sleep(100);
  }
}

async function noteRests(): Promise<void> {
  const resting = await network.sql(
    `select page_id, ceil(extract(epoch from paused_until - app.now()) / 60)::int as minutes
     from facebook_page_integrations where paused_until > app.now()`,
  );
  for (const { page_id, minutes } of resting) if (!rests.has(page_id)) rests.set(page_id, minutes);
}

async function eventStates(pageId: string): Promise<string[]> {
  const events = await network.sql(`select state from webhook_events where page_id = $1 and kind = 'message'`, [
    pageId,
  ]);
  return events.map(({ state }) => state);
}

/** What Facebook was asked about a person's tokens and pages since the customers wrote. */
async function callsAbout(personId: string): Promise<Calls> {
  const { data } = await network.simulator.get(`/__sim/ledger?person_id=${personId}&after=${before}&limit=1000`);
  const calls: Record<string, number> = {};
  for (const { method, endpoint } of data) {
    calls[`${method} ${endpoint}`] = (calls[`${method} ${endpoint}`] ?? 0) + 1;
  }
  return calls;
}

/** A few at a time: connecting takes several calls each. */
async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, next));
}
