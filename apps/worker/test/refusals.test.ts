import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { awaitsCheck } from '@pagekeeper/domain/integrations/facebook-page-integration';
import { pausePage } from '@pagekeeper/domain/integrations/pause-page';
import { withTenant } from '@pagekeeper/domain/tenancy/doors';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultMessage, PageTalk } from './page-talk.ts';

let network: Network;
let acme: Tenant;
let talk: PageTalk;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  talk = new PageTalk(network);
}, 60_000);

afterAll(() => network?.stop());

describe('when Facebook refuses', () => {
  it('a throttled page is left alone, and its limit costs no event its turn', async () => {
    const page = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: page.page.page_id, endpoint: 'messages' },
      fault: { type: 'throttle', code: 80006, minutes: 7, percent: 120 },
    });
    const mids: string[] = [];
    for (const name of ['Ana', 'Ben', 'Cleo']) {
      mids.push((await talk.write(page, { text: 'Hello?', from: { name } })).mid);
      await network.simulator.calm();
    }
    await talk.untilPaused(page);
    // Conversations that were under way at the same time are refused too; afterwards there is silence.
    await new Promise(resolve => setTimeout(resolve, 2_000));
    const before = await network.simulator.get(`/__sim/ledger?endpoint=messages&page_id=${page.page.page_id}`);
    await new Promise(resolve => setTimeout(resolve, 7_000));
    const after = await network.simulator.get(`/__sim/ledger?endpoint=messages&page_id=${page.page.page_id}`);
    expect(after.data.length).toBe(before.data.length);
    expect(before.data.length).toBeLessThanOrEqual(3);
    const [{ attempts }] = await network.sql(
      `select max(attempts) as attempts from webhook_events where page_id = $1 and state = 'pending'`,
      [page.page.page_id],
    );
    expect(attempts).toBe(0);
    await talk.release(page);
  }, 60_000);

  it('a blocked page rests for hours, and keeps what waits', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page.page_id}'
         and paused_until > app.now() + interval '5 hours'`,
      'the page is paused',
    );
    expect(await talk.replyTo(mid)).toMatchObject({ state: 'claimed' });
    await talk.release(page);
    expect(await talk.replyTo(mid)).toMatchObject({ state: 'sent' });
  }, 60_000);

  it('a block is not cut short by what is found out meanwhile', async () => {
    const page = await acme.connectPage();
    const pageId = page.page.page_id;
    const place = { integrationId: parsePublicId('integration', page.id)!, pageId };
    const organization = acme.organization.id;
    const ctx = network.contextOf({ type: 'user', userId: acme.owner.userId as Uuid });
    const pause = (hours: number, reason: string) =>
      withTenant(ctx, { organization }, tx => pausePage(tx, place, hours * 3_600_000, reason));
    await pause(6, 'Facebook blocked the page');
    await pause(0.1, awaitsCheck);
    const rest = `select pause_reason, paused_until > app.now() + interval '5 hours' as is_long
      from facebook_page_integrations where page_id = $1`;
    expect(await network.sql(rest, [pageId])).toEqual([{ pause_reason: 'Facebook blocked the page', is_long: true }]);
    await pause(24, 'longer');
    expect(await network.sql(rest, [pageId])).toEqual([{ pause_reason: 'longer', is_long: true }]);
  });

  it('a comment whose answer was refused is answered in the way of today', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await talk.untilPaused(page);
    await acme.owner.expect(
      200,
      acme.owner.patch(`${acme.path}/integrations/${page.id}`, {
        config: { comment_reply: { text: 'Inside.', visibility: 'private' } },
      }),
    );
    await talk.release(page);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ kind: 'private_comment', state: 'sent' });
  }, 60_000);

  it('what waited for a page that is given up ends, and leaves no words behind', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    await talk.untilPaused(page);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    await network.settle(60_000);
    expect(await talk.replyTo(mid)).toMatchObject({
      state: 'skipped',
      reason: 'The integration no longer holds the page.',
    });
    const [{ text }] = await network.sql('select text from replies where source_id = $1', [mid]);
    expect(text).toBeNull();
  }, 60_000);

  it('the rest that a page has to take does not pass on to another one', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    await talk.write(page, { text: 'Hello?' });
    await talk.untilPaused(page);
    const [other] = await network.simulator.createPages(1);
    const { page_id, page_access_token, userToken } = other!;
    await acme.owner.expect(
      200,
      acme.owner.put(`${acme.path}/integrations/${page.id}/facebook-page`, {
        page_id,
        access_token: userToken,
        page_access_token,
      }),
    );
    const [{ paused_until }] = await network.sql(
      'select paused_until from facebook_page_integrations where page_id = $1',
      [page_id],
    );
    expect(paused_until).toBeNull();
  }, 60_000);

  it('a text that counts as a duplicate is told as refused, and not as sent', async () => {
    const page = await acme.connectPage();
    await talk.refuse(page, { code: 506, message: '(#506) Duplicate status message' });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.settle();
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'rejected' });
  });

  it('a missing permission parks what needs it, and lets the rest be answered', async () => {
    const page = await acme.connectPage();
    await network.simulator.post(`/__sim/people/${page.page.personId}/events`, {
      type: 'permission_removed',
      scope: 'pages_manage_engagement',
    });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.untilSql(
      `select 1 from webhook_events where page_id = '${page.page.page_id}' and state = 'parked'`,
      'the comment is parked',
      90_000,
    );
    const { psid } = await talk.write(page, { text: 'Hello?' });
    await network.untilSql(
      `select 1 from replies where page_id = '${page.page.page_id}' and kind = 'message' and state = 'sent'`,
      'the message is answered',
    );
    expect(await talk.saidTo(page, psid)).toEqual([defaultMessage]);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'claimed' });
  }, 120_000);
});
