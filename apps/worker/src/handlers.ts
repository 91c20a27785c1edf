import type { Context, Services } from '@pagekeeper/domain/context';
import { checkLogin } from '@pagekeeper/domain/facebook/check-login';
import { sweepLogins } from '@pagekeeper/domain/facebook/sweep-logins';
import { sweepUnsubscriptions } from '@pagekeeper/domain/facebook/sweep-unsubscriptions';
import { unsubscribePage } from '@pagekeeper/domain/facebook/unsubscribe-page';
import { forgetAnswers } from '@pagekeeper/domain/idempotency/forget-answers';
import { sendInvitation } from '@pagekeeper/domain/invitations/send-invitation';
import { sweepInvitations } from '@pagekeeper/domain/invitations/sweep-invitations';
import type { jobs } from '@pagekeeper/domain/jobs';
import { sendNotifications } from '@pagekeeper/domain/notifications/send-notifications';
import { sweepNotifications } from '@pagekeeper/domain/notifications/sweep-notifications';
import { eraseOrganization } from '@pagekeeper/domain/purges/erase-organization';
import { sweepPurges } from '@pagekeeper/domain/purges/sweep-purges';
import { drainEvents } from '@pagekeeper/domain/replies/drain-events';
import { unparkEvents } from '@pagekeeper/domain/replies/unpark-events';
import { sweepEvents } from '@pagekeeper/domain/webhooks/sweep-events';
import type { JobContext, JobHandlers } from '@pagekeeper/queue/define-job';

export interface HandlerOptions {
  services: Services;
  appId: string;
  /** The operator's kill switch. */
  repliesOff: boolean;
}

/** One handler per job: it calls its verb and says what came of it. */
export function createHandlers({ services, appId, repliesOff }: HandlerOptions) {
  const contextOf = ({ name, jobId }: JobContext): Context => ({
    ...services,
    actor: { type: 'job', job: name, jobId },
    requestId: jobId,
  });
  return {
    'facebook.refresh-login': (payload, job) => checkLogin(contextOf(job), appId, payload),
    'facebook.unsubscribe-page': (payload, job) => unsubscribePage(contextOf(job), payload),
    'facebook.sweep-unsubscriptions': async () => ({ outcome: 'swept', due: await sweepUnsubscriptions(services) }),
    'facebook.sweep-logins': async () => ({ ...(await sweepLogins(services, appId)) }),
    'webhooks.drain': async (payload, job) => ({ ...(await drainEvents(contextOf(job), payload, repliesOff)) }),
    'invitations.send': (payload, job) => sendInvitation(contextOf(job), payload),
    'invitations.sweep': async () => ({ outcome: 'swept', unsent: await sweepInvitations(services) }),
    'idempotency.forget': async () => ({ outcome: 'forgot', answers: await forgetAnswers(services.database) }),
    'notifications.send': async (payload, job) => ({ ...(await sendNotifications(contextOf(job), payload)) }),
    'notifications.sweep': async () => ({ outcome: 'swept', waiting: await sweepNotifications(services) }),
    'webhooks.unpark': async (payload, job) => ({ ...(await unparkEvents(contextOf(job), payload)) }),
    'webhooks.sweep': async () => ({ outcome: 'swept', pending: await sweepEvents(services) }),
    'organizations.erase': (payload, job) => eraseOrganization(contextOf(job), payload),
    'organizations.sweep-purges': async () => ({ outcome: 'swept', running: await sweepPurges(services) }),
  } satisfies JobHandlers<typeof jobs>;
}
