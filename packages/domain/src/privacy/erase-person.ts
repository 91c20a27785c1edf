import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { loseShownWords } from '../idempotency/answer-later.ts';
import { nilId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import { eventHashOf } from '../webhooks/event-id.ts';
import { payloadOf } from '../webhooks/webhook-event.ts';

export const erasePersonInput = z.strictObject({
  person_id: z
    .string()
    .regex(/^[1-9]\d{2,30}$/, "Facebook's ids of people are numbers.")
    .describe('By which Facebook knows them to the page: `sender.id` or `from.id` in what they wrote.'),
});

export interface ErasedPerson {
  events: number;
  replies: number;
}

/** So many events are looked at in a transaction. */
const batchSize = 20_000;
const reason = 'The person was erased.';

/**
 * Erases one person from an organization, by the keyed hash of their id and without opening anything: what they wrote,
 * what its pages wrote in the same conversations, and the words of our replies, also of private ones to their comments.
 * The rows stay, empty and nobody's, so that what Facebook sends again is known and not stored anew. What others wrote
 * about the person stays. (Where an event has passed its retention, the words of its reply have gone with it.) The law
 * knows no soft delete: also in a deactivated organization.
 * Safe to repeat, also after it was cut off: what the person wrote, which leads to the rest, goes last.
 */
export async function erasePerson(
  ctx: Context,
  { organization, person_id }: { organization: string } & z.output<typeof erasePersonInput>,
): Promise<ErasedPerson> {
  const whose = await findPerson(ctx, organization, person_id);
  const erased: ErasedPerson = { events: 0, replies: 0 };
  for (const what of ['answers', 'own'] as const) {
    for (let after: Uuid | null = nilId; after; ) {
      const from: Uuid = after;
      const { last, ...counts } = await withTenant(ctx, { organization, allowInactive: true }, async tx => {
        authorize(tx, 'person.erase');
        const batch = await eraseBatch(tx, ctx.vault, { whose, what, after: from });
        const { events, replies } = batch;
        const subject = { type: 'organization', id: tx.tenant.organizationId } as const;
        await audit(tx, { action: 'person.erased', subject, changes: { events, replies } });
        return batch;
      });
      erased.events += counts.events;
      erased.replies += counts.replies;
      after = last;
    }
  }
  await loseShownWords(ctx, organization);
  return erased;
}

/** The hashes that lead to a person, and the conversations under comments that they took part in. */
async function findPerson(ctx: Context, organization: string, personId: string): Promise<Whose> {
  const { organizationId, pageIds } = await readPages(ctx, organization);
  const person = ctx.vault.hash('person', organizationId, personId);
  const looks = await lookThrough<Look>(
    ctx,
    organization,
    `array_agg(distinct page_id) as pages,
     array_agg(distinct thread_hash) filter (where person_hash = ? and thread_hash is not null) as threads,
     (select json_agg(json_build_object('page_id', r.page_id, 'sent_id', r.sent_id)) from replies r
      where r.organization_id = ? and r.event_id in (select id from seen where person_hash = ?)
        and r.kind = 'private_comment' and r.sent_id is not null) as privately`,
    [person, organizationId, person],
  );
  for (const { pages } of looks) for (const pageId of pages ?? []) pageIds.add(pageId);
  return {
    person,
    threads: [...pageIds].map(pageId => ctx.vault.hash('thread', organizationId, pageId, personId)),
    pages: [...pageIds].map(pageId => ctx.vault.hash('person', organizationId, pageId)),
    shared: distinct(looks.flatMap(({ threads }) => threads ?? [])),
    privately: await findConversations(
      ctx,
      organization,
      looks.flatMap(({ privately }) => privately ?? []),
    ),
  };
}

interface Look {
  pages: string[] | null;
  threads: Buffer[] | null;
  privately: SentPrivately[] | null;
}

/** A private answer to a comment of the person: a message, in which Facebook knows them by another id. */
interface SentPrivately {
  page_id: string;
  sent_id: string;
}

/** The conversations that private answers stand in, by their echoes. */
async function findConversations(
  ctx: Context,
  organization: string,
  sent: readonly SentPrivately[],
): Promise<Buffer[]> {
  if (sent.length === 0) return [];
  const echoes = sent.map(({ page_id: pageId, sent_id }) =>
    eventHashOf(ctx.vault, { pageId, kind: 'message.echo', identity: [sent_id] }),
  );
  const looks = await lookThrough<{ threads: Buffer[] | null }>(
    ctx,
    organization,
    `array_agg(distinct thread_hash) filter (
       where substring(uuid_send(id) from 7) = any(?) and thread_hash is not null) as threads`,
    [echoes],
  );
  return distinct(looks.flatMap(({ threads }) => threads ?? []));
}

const distinct = (hashes: readonly Buffer[]): Buffer[] => [
  ...new Map(hashes.map(hash => [hash.toString('hex'), hash])).values(),
];

/** Goes through all events of the organization. @param what is asked of each batch, as `seen`, in SQL */
async function lookThrough<Found>(
  ctx: Context,
  organization: string,
  what: string,
  values: readonly unknown[],
): Promise<Found[]> {
  const found: Found[] = [];
  for (let after: Uuid | null = nilId; after; ) {
    const from: Uuid = after;
    after = await withTenant(ctx, { organization, allowInactive: true, readOnly: true }, async tx => {
      authorize(tx, 'person.erase');
      const { rows } = await tx.raw(
        `with seen as materialized (${seen}) select max(id::text) as last, count(*)::int as count, ${what} from seen`,
        [tx.tenant.organizationId, from, batchSize, ...values] as never,
      );
      const [{ last, count, ...rest }] = rows as [{ last: Uuid; count: number } & Found];
      found.push(rest as Found);
      return count === batchSize ? last : null;
    });
  }
  return found;
}

/** The pages that integrations have now. Those that they had before stand in the events. */
async function readPages(ctx: Context, organization: string): Promise<{ organizationId: Uuid; pageIds: Set<string> }> {
  return await withTenant(ctx, { organization, allowInactive: true, readOnly: true }, async tx => {
    authorize(tx, 'person.erase');
    const rows = await tx('facebook_page_integrations').distinct('page_id');
    return { organizationId: tx.tenant.organizationId, pageIds: new Set(rows.map(row => String(row.page_id))) };
  });
}

/** The next events of an organization, by the primary key. */
const seen = `select id, integration_id, page_id, person_hash, thread_hash from webhook_events
  where organization_id = ? and id > ? order by id limit ?`;

interface Whose {
  person: Buffer;
  /** Message conversations: each is with one person. */
  threads: Buffer[];
  /** The pages themselves, as those who wrote. */
  pages: Buffer[];
  /** Conversations under comments. */
  shared: Buffer[];
  /** Message conversations that our private answers to their comments stand in. */
  privately: Buffer[];
}

interface Batch extends ErasedPerson {
  /** Null at the end. */
  last: Uuid | null;
}

interface Found {
  id: Uuid;
  integration_id: Uuid;
}

/** @param what is found by what the person wrote under comments, or all that is the person's by their id */
async function eraseBatch(
  tx: TenantTx,
  vault: Context['vault'],
  { whose, what, after }: { whose: Whose; what: 'answers' | 'own'; after: Uuid },
): Promise<Batch> {
  const { organizationId } = tx.tenant;
  const { person, threads, pages, shared, privately } = whose;
  const [condition, hashes, conversations] =
    what === 'own'
      ? ['person_hash = ? or thread_hash = any(?)', [person, threads], threads]
      : [
          '(person_hash = any(?) and thread_hash = any(?)) or thread_hash = any(?)',
          [pages, shared, privately],
          privately,
        ];
  const { rows } = await tx.raw(
    `with seen as materialized (${seen})
     select (select max(id::text) from seen) as last, (select count(*)::int from seen) as count,
       (select json_agg(json_build_object('id', id, 'integration_id', integration_id)) from seen
        where ${condition}) as found`,
    [organizationId, after, batchSize, ...hashes] as never,
  );
  const [{ last, count, found }] = rows as [{ last: Uuid; count: number; found: Found[] | null }];
  const events = found ?? [];
  if (events.length > 0) await eraseEvents(tx, vault, events);
  // Replies outlive their events; what was said in messages is found all the same, and once.
  const ended = after === nilId ? conversations : [];
  const replies = events.length + ended.length > 0 ? await eraseReplies(tx, events, ended) : 0;
  return { events: events.length, replies, last: count === batchSize ? last : null };
}

/** Of these events and in these conversations, which end with it. @returns how many lost their words */
async function eraseReplies(tx: TenantTx, events: readonly Found[], threads: readonly Buffer[]): Promise<number> {
  const { organizationId } = tx.tenant;
  await tx.raw('delete from threads where organization_id = ? and thread_hash = any(?)', [
    organizationId,
    threads,
  ] as never);
  const { rows } = await tx.raw(
    `update replies r set text = null, thread_hash = null, reason = ?, finished_at = coalesce(finished_at, now()),
       state = case state when 'claimed' then 'skipped' when 'sending' then 'unknown' else state end
     from (select id, text is not null as had_words from replies
           where organization_id = ? and (event_id = any(?) or thread_hash = any(?))) old
     where r.organization_id = ? and r.id = old.id returning old.had_words`,
    [reason, organizationId, events.map(({ id }) => id), threads, organizationId] as never,
  );
  return (rows as { had_words: boolean }[]).filter(row => row.had_words).length;
}

async function eraseEvents(tx: TenantTx, vault: Context['vault'], events: readonly Found[]): Promise<void> {
  const { organizationId } = tx.tenant;
  const key = await currentDataKey(tx, vault);
  const ids = events.map(({ id }) => id);
  // Whoever has such an event open at this moment finds its lease gone when it comes to write.
  await tx.raw(
    `update facebook_page_integrations set drain_token = null, drain_until = null
     where organization_id = ? and id = any(?)`,
    [organizationId, [...new Set(events.map(event => event.integration_id))]] as never,
  );
  await tx.raw(
    `update webhook_events e set payload = g.payload, person_hash = null, thread_hash = null, reason = ?,
       state = case when e.state in ('pending', 'parked') then 'ignored' else e.state end,
       processed_at = coalesce(e.processed_at, app.now()), not_before = null, replay = null
     from unnest(?::uuid[], ?::bytea[]) as g (id, payload)
     where e.organization_id = ? and e.id = g.id`,
    [reason, ids, ids.map(id => vault.seal(key, payloadOf(id), nothing).bytes()), organizationId] as never,
  );
}

/** What an erased event holds: no content, which nobody answers. */
const nothing = Buffer.from('null');
