import { forgetConnections } from '@pagekeeper/domain/connections/forget-connections';
import type { Context, Services } from '@pagekeeper/domain/context';
import { keepEventPartitions } from '@pagekeeper/domain/database/event-partitions';
import { checkInTurn } from '@pagekeeper/domain/facebook/check-in-turn';
import { sweepLogins } from '@pagekeeper/domain/facebook/sweep-logins';
import { tellOfMove } from '@pagekeeper/domain/facebook/tell-of-move';
import { unsubscribePage } from '@pagekeeper/domain/facebook/unsubscribe-page';
import { forgetAnswers } from '@pagekeeper/domain/idempotency/forget-answers';
import { sendInvitation } from '@pagekeeper/domain/invitations/send-invitation';
import {
  eraseOrganizationJob,
  forgetConnectionsJob,
  type jobs,
  sendInvitationJob,
  sendNotificationsJob,
  tellOfMoveJob,
  unsubscribePageJob,
} from '@pagekeeper/domain/jobs';
import { sendNotifications } from '@pagekeeper/domain/notifications/send-notifications';
import { eraseOrganization } from '@pagekeeper/domain/purges/erase-organization';
import { drainEvents } from '@pagekeeper/domain/replies/drain-events';
import { unparkEvents } from '@pagekeeper/domain/replies/unpark-events';
import { sweep } from '@pagekeeper/domain/sweep';
import { forgetSessions } from '@pagekeeper/domain/users/forget-sessions';
import { sweepEvents } from '@pagekeeper/domain/webhooks/sweep-events';
import type { JobContext, JobHandlers } from '@pagekeeper/queue/define-job';

export interface HandlerOptions {
  services: Services;
  appId: string;
  /** The operator's kill switch. */
  repliesOff: boolean;
  /** How long a reply in doubt is waited for. */
  quietSeconds: number;
  /** How long events are kept. */
  retentionDays: number;
}

/** One handler per job: it calls its verb and says what came of it. */
export function createHandlers({ services, appId, repliesOff, quietSeconds, retentionDays }: HandlerOptions) {
  const contextOf = ({ name, jobId }: JobContext): Context => ({
    ...services,
    actor: { type: 'job', job: name, jobId },
    requestId: jobId,
  });
  return {
    'facebook.refresh-login': (payload, job) => checkInTurn(contextOf(job), appId, payload),
    'facebook.unsubscribe-page': (payload, job) => unsubscribePage(contextOf(job), appId, payload),
    'facebook.sweep-unsubscriptions': () => sweep(services, 'due_unsubscriptions', unsubscribePageJob, 1_000),
    'facebook.sweep-logins': async () => ({ ...(await sweepLogins(services, appId)) }),
    'facebook.tell-of-move': (payload, job) => tellOfMove(contextOf(job), payload),
    'facebook.sweep-moves': () => sweep(services, 'moved_pages', tellOfMoveJob, 500),
    'connections.forget': (payload, job) => forgetConnections(contextOf(job), payload),
    'connections.sweep': () => sweep(services, 'ended_connections', forgetConnectionsJob, 1_000),
    'webhooks.drain': async (payload, job) => ({
      ...(await drainEvents(contextOf(job), payload, { repliesOff, appId, quietSeconds, signal: job.signal })),
    }),
    'invitations.send': (payload, job) => sendInvitation(contextOf(job), payload),
    'invitations.sweep': () => sweep(services, 'unsent_invitations', sendInvitationJob, 500),
    'idempotency.forget': async () => ({
      outcome: 'forgot',
      answers: await forgetAnswers(services.database),
      sessions: await forgetSessions(services.database),
    }),
    'notifications.send': async (payload, job) => ({ ...(await sendNotifications(contextOf(job), payload)) }),
    'notifications.sweep': () => sweep(services, 'unsent_notifications', sendNotificationsJob, 1_000),
    'webhooks.unpark': async (payload, job) => ({ ...(await unparkEvents(contextOf(job), payload)) }),
    'webhooks.keep-partitions': async () => ({
      outcome: 'kept',
      ...(await keepEventPartitions(services.database, retentionDays)),
    }),
    'webhooks.sweep': async () => ({ outcome: 'swept', found: await sweepEvents(services, appId) }),
    'organizations.erase': (payload, job) => eraseOrganization(contextOf(job), payload),
    'organizations.sweep-purges': () => sweep(services, 'running_purges', eraseOrganizationJob, 100),
  } satisfies JobHandlers<typeof jobs>;
}
