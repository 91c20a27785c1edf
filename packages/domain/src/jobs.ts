import { defineJob } from '@pagekeeper/queue/define-job';
import { defineSchedule } from '@pagekeeper/queue/schedules';
import * as z from 'zod';
import type { Uuid } from './ids.ts';

const uuid = z.uuid().transform(id => id as Uuid);

/** Looks for what a lost nudge left behind. A broker that is slow for a moment is no failure for people to look at. */
const sweepJob = <Name extends string>(name: Name) =>
  defineJob({
    name,
    payload: z.strictObject({}),
    attempts: 3,
    backoff: { type: 'fixed', delayMs: 1_000 },
    deduplicate: () => 'one',
  });

/** Checks a login and the pages it stands behind, and stores what it finds. */
export const refreshLoginJob = defineJob({
  name: 'facebook.refresh-login',
  payload: z.strictObject({ organization_id: uuid, login_id: uuid, routine: z.boolean().optional() }),
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 2_000 },
  deduplicate: ({ login_id }) => login_id,
});

/** Takes our app off a page that was let go. Its row says when it is tried again. */
export const unsubscribePageJob = defineJob({
  name: 'facebook.unsubscribe-page',
  payload: z.strictObject({ organization_id: uuid, unsubscription_id: uuid }),
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
  deduplicate: ({ unsubscription_id }) => unsubscription_id,
});

/** Finds the pages that our app is to be taken off. */
export const sweepUnsubscriptionsJob = sweepJob('facebook.sweep-unsubscriptions');

/** Tells an organization that another one took a page over. */
export const tellOfMoveJob = defineJob({
  name: 'facebook.tell-of-move',
  payload: z.strictObject({ organization_id: uuid, integration_id: uuid }),
  attempts: 5,
  backoff: { type: 'exponential', delayMs: 2_000 },
  deduplicate: ({ integration_id }) => integration_id,
});

/** Finds pages that were taken over, whose people were not told. */
export const sweepMovesJob = sweepJob('facebook.sweep-moves');

/** Forgets an organization's ways through the login dialog that have ended, and tokens that nothing came to use. */
export const forgetConnectionsJob = defineJob({
  name: 'connections.forget',
  payload: z.strictObject({ organization_id: uuid }),
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 5_000 },
  deduplicate: ({ organization_id }) => organization_id,
});

/** Finds the organizations that have such. */
export const sweepConnectionsJob = sweepJob('connections.sweep');

/** Finds the logins whose check is due. */
export const sweepLoginsJob = sweepJob('facebook.sweep-logins');

/** Works off an integration's pending events, in order. */
export const drainEventsJob = defineJob({
  name: 'webhooks.drain',
  payload: z.strictObject({ organization_id: uuid, integration_id: uuid }),
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 1_000 },
  deduplicate: ({ integration_id }) => integration_id,
});

/** Lets events that waited for a working token go on. */
export const unparkEventsJob = defineJob({
  name: 'webhooks.unpark',
  payload: z.strictObject({ organization_id: uuid, integration_id: uuid }),
  attempts: 5,
  backoff: { type: 'exponential', delayMs: 1_000 },
  deduplicate: ({ integration_id }) => integration_id,
});

/** Finds the integrations whose nudge was lost. */
export const sweepEventsJob = sweepJob('webhooks.sweep');

/** Makes the weeks of events to come, and drops those past their retention. */
export const keepPartitionsJob = defineJob({
  name: 'webhooks.keep-partitions',
  payload: z.strictObject({}),
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 10_000 },
  deduplicate: () => 'one',
});

/** Sends an invitation's e-mail. */
export const sendInvitationJob = defineJob({
  name: 'invitations.send',
  payload: z.strictObject({ organization_id: uuid, invitation_id: uuid }),
  attempts: 5,
  backoff: { type: 'exponential', delayMs: 5_000 },
  deduplicate: ({ invitation_id }) => invitation_id,
});

/** Finds the invitations whose e-mail did not go out. */
export const sweepInvitationsJob = sweepJob('invitations.sweep');

/** Forgets stored answers that are older than a day, and sessions that have ended. */
export const forgetAnswersJob = defineJob({
  name: 'idempotency.forget',
  payload: z.strictObject({}),
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
  deduplicate: () => 'one',
});

/** Erases an organization. Its payload does not name it, for such jobs are erased too. */
export const eraseOrganizationJob = defineJob({
  name: 'organizations.erase',
  payload: z.strictObject({ purge_id: uuid }),
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 1_000 },
  deduplicate: ({ purge_id }) => purge_id,
});

/** Finds the purges that nobody works on. */
export const sweepPurgesJob = sweepJob('organizations.sweep-purges');

/** Sends what people of an organization are to be told. */
export const sendNotificationsJob = defineJob({
  name: 'notifications.send',
  payload: z.strictObject({ organization_id: uuid }),
  attempts: 5,
  backoff: { type: 'exponential', delayMs: 5_000 },
  deduplicate: ({ organization_id }) => organization_id,
});

/** Finds the organizations that have something to tell. */
export const sweepNotificationsJob = sweepJob('notifications.sweep');

/** Every job there is. The worker's handlers are a map over this list; a missing one does not compile. */
export const jobs = [
  refreshLoginJob,
  unsubscribePageJob,
  sweepUnsubscriptionsJob,
  sweepLoginsJob,
  tellOfMoveJob,
  sweepMovesJob,
  forgetConnectionsJob,
  sweepConnectionsJob,
  drainEventsJob,
  unparkEventsJob,
  sweepEventsJob,
  keepPartitionsJob,
  sendInvitationJob,
  sweepInvitationsJob,
  forgetAnswersJob,
  eraseOrganizationJob,
  sweepPurgesJob,
  sendNotificationsJob,
  sweepNotificationsJob,
] as const;

/** What runs by the clock, in one place. */
export const schedules = [
  defineSchedule({ id: 'sweep-logins', job: sweepLoginsJob, payload: {}, everyMs: 60_000 }),
  defineSchedule({ id: 'sweep-moves', job: sweepMovesJob, payload: {}, everyMs: 60_000 }),
  defineSchedule({ id: 'sweep-connections', job: sweepConnectionsJob, payload: {}, everyMs: 600_000 }),
  defineSchedule({ id: 'sweep-events', job: sweepEventsJob, payload: {}, everyMs: 5_000 }),
  defineSchedule({ id: 'keep-partitions', job: keepPartitionsJob, payload: {}, everyMs: 3_600_000 }),
  defineSchedule({ id: 'sweep-invitations', job: sweepInvitationsJob, payload: {}, everyMs: 60_000 }),
  defineSchedule({ id: 'sweep-notifications', job: sweepNotificationsJob, payload: {}, everyMs: 60_000 }),
  defineSchedule({ id: 'forget-answers', job: forgetAnswersJob, payload: {}, everyMs: 3_600_000 }),
  defineSchedule({ id: 'sweep-unsubscriptions', job: sweepUnsubscriptionsJob, payload: {}, everyMs: 10_000 }),
  defineSchedule({ id: 'sweep-purges', job: sweepPurgesJob, payload: {}, everyMs: 10_000 }),
];
