import { setTimeout as sleep } from 'node:timers/promises';
import { inTime } from '@pagekeeper/runtime/in-time';
import type { Log } from '@pagekeeper/runtime/log';
import pLimit from 'p-limit';
import { type Mailer, trySend } from './mailer.ts';
import type { Mail } from './render-mail.ts';

/** Mails that nobody waits for. What is lost with the process can be asked for again. */
export interface MailPost {
  /** Takes the mail and returns at once, so that no answer tells by its time whether a mail goes out. */
  send(mail: Mail): void;
  /** Tries what is left at once, for some seconds at most. */
  close(): Promise<void>;
}

const maxMails = 1_000;
const pausesMs = [1_000, 5_000, 25_000];
const closeMs = 3_000;

export function createMailPost({ mailer, log }: { mailer: Pick<Mailer, 'send'>; log: Log }): MailPost {
  const limit = pLimit(3);
  const waiting = new Set<Promise<void>>();
  const stopping = new AbortController();

  async function deliver(mail: Mail): Promise<void> {
    for (const pauseMs of [...pausesMs, null]) {
      const failure = await limit(() => trySend(mailer, mail));
      if (!failure) return;
      log.warn(failure, 'a mail was not taken');
      if (pauseMs === null || failure.given_up) break;
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
    log.error('a mail was given up');
  }

  return {
    send(mail) {
      if (waiting.size >= maxMails) {
        log.error('too many mails wait: one was given up');
        return;
      }
      const work = deliver(mail).finally(() => waiting.delete(work));
      waiting.add(work);
    },
    async close() {
      stopping.abort();
      await inTime(Promise.all(waiting), closeMs, null);
    },
  };
}
