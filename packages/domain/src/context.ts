import type { GraphClient } from '@pagekeeper/facebook/graph-client';
import type { Queue } from '@pagekeeper/queue/queue';
import type { Log } from '@pagekeeper/runtime/log';
import type { Database } from './database/database.ts';
import type { Once } from './idempotency/once.ts';
import type { Mailer } from './mail/mailer.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import type { Actor } from './tenancy/actor.ts';
import type { Vault } from './vault/vault.ts';

/** What a process opens once and every verb may use. */
export interface Services {
  readonly database: Database;
  readonly vault: Vault;
  readonly queue: Pick<
    Queue,
    'enqueue' | 'enqueueMany' | 'forget' | 'counts' | 'waitingJobs' | 'survey' | 'failedJobs' | 'retry'
  >;
  readonly graph: GraphClient;
  readonly mailer: Mailer;
  /** Where people find us, for links in mails: "https://app.example". */
  readonly publicUrl: string;
  readonly log: Log;
  /** What is counted for whoever watches the system. */
  readonly metrics: ServiceMetrics;
}

/** A verb's first argument: the services, who acts, and what to call it in logs and the audit trail. */
export interface Context<Who extends Actor = Actor> extends Services {
  readonly actor: Who;
  readonly requestId: string;
  /** The versions that the caller means to change (If-Match); undefined where they do not say. */
  readonly ifMatch?: readonly string[] | undefined;
  /** Set where the request must act once, however often it comes (Idempotency-Key). */
  readonly once?: Once | undefined;
}
