import type { Mail } from '../mail/render-mail.ts';
import type { NotificationKind, WaitingNotification } from './notification.ts';

const maxListed = 20;

/** One mail about one kind of news, on one or many pages. */
export function composeNotification(group: readonly WaitingNotification[], publicUrl: string): Mail {
  const [{ email, kind, rung, slug, organization }] = group as [WaitingNotification];
  const pages = group.length === 1 ? `“${group[0]!.detail.page_name}”` : `${group.length} pages`;
  const listed = group
    .slice(0, maxListed)
    .map(({ detail: { page_name, detail, fix } }) =>
      `${page_name ? `${page_name}: ` : ''}${detail} ${fix ?? ''}`.trim(),
    );
  const more = group.length > maxListed ? [`And ${group.length - maxListed} more.`] : [];
  const { subject, lead, label } = words[kind](pages, organization, rung);
  return {
    to: email,
    subject,
    paragraphs: [lead, ...listed, ...more],
    action: { label, url: `${publicUrl}/organizations/${slug}` },
    footnote: `You get this as an OWNER or ADMIN of ${organization}. Your account's settings say which notices you want.`,
  };
}

type Words = (pages: string, organization: string, rung: number) => { subject: string; lead: string; label: string };

const words: Record<NotificationKind, Words> = {
  expiring: (pages, organization, rung) => ({
    subject: `${rung === 0 ? 'The login has ended' : rung === 1 ? '1 day left' : `${rung} days left`}: reconnect ${pages}`,
    lead: `Facebook ${rung === 0 ? 'has ended' : 'will end'} the login behind ${pages} of ${organization}. A fresh login takes a minute and keeps everything.`,
    label: 'Reconnect',
  }),
  dead: (pages, organization) => ({
    subject: `${pages} stopped working`,
    lead: `We can no longer act for ${pages} of ${organization}. What customers write is stored and waits.`,
    label: 'See what to do',
  }),
  recovered: (pages, organization) => ({
    subject: `${pages} works again`,
    lead: `${pages} of ${organization} works again. What waited is being answered now, as far as it is not too late.`,
    label: 'Open Pagekeeper',
  }),
  deaf: (pages, organization) => ({
    subject: `${pages} gets no events any more`,
    lead: `Facebook does not tell us any more what happens on ${pages} of ${organization}. What customers write there does not reach us: answer it in the page’s own inbox until this is mended.`,
    label: 'See what to do',
  }),
  heard: (pages, organization) => ({
    subject: `${pages} gets its events again`,
    lead: `Facebook tells us again what happens on ${pages} of ${organization}. What customers wrote in between did not reach us.`,
    label: 'Open Pagekeeper',
  }),
  moved: (pages, organization) => ({
    subject: `${pages} was connected elsewhere`,
    lead: `Somebody who manages ${pages} on Facebook connected it to another account. ${organization} receives nothing of it any more.`,
    label: 'Open Pagekeeper',
  }),
  taken_over: (pages, organization) => ({
    subject: `${pages} was taken over`,
    lead: `Somebody of ${organization} showed that they manage ${pages} on Facebook and connected it here. The account that had it before was told that it moved, and not where to.`,
    label: 'Open Pagekeeper',
  }),
  blocked: (pages, organization) => ({
    subject: `Facebook keeps ${pages} from answering`,
    lead: `Facebook does not let ${pages} of ${organization} send for now. Nothing is sent for six hours, since trying again prolongs it. What customers write is stored and waits.`,
    label: 'See what is the matter',
  }),
  staff_entered: (_pages, organization) => ({
    subject: `Staff of Pagekeeper entered ${organization}`,
    lead: `Somebody of Pagekeeper’s staff may look into ${organization} and work in it for an hour. What they do stands in your audit log. They gave this reason:`,
    label: 'Open Pagekeeper',
  }),
};
