import { createServer, type Server } from 'node:http';
import type { Log } from '@pagekeeper/runtime/log';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { Mailbox } from './mailbox.ts';
import { createPages } from './pages.ts';

export interface CatcherOptions {
  port: number;
  smtpPort: number;
  host: string;
  log: Log;
}

export interface Catcher {
  /** Where people and tests read. */
  port: number;
  smtpPort: number;
  stop(): Promise<void>;
}

const maxBytes = 1_048_576;

/** Mailboxes that there are none of, those that are full for now, and servers that take nothing from us. */
const refusals = [
  [/^gone\./, 550, 'No such mailbox here'],
  [/^full\./, 452, 'Mailbox full'],
  [/^relay\./, 554, '5.7.1 Relay access denied'],
] as const;

/**
 * Takes every mail and delivers none: SMTP in, a page and JSON out. For development and tests. Addresses that begin with
 * `gone.`, `full.` or `relay.` are refused: for good, for now, or whoever it is for.
 */
export async function startCatcher({ port, smtpPort, host, log }: CatcherOptions): Promise<Catcher> {
  const mailbox = new Mailbox();
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: maxBytes,
    onAuth: (_auth, _session, done) => done(null, { user: 'anybody' }),
    onRcptTo: ({ address }, _session, done) => {
      const refusal = refusals.find(([pattern]) => pattern.test(address));
      done(refusal ? Object.assign(new Error(refusal[2]), { responseCode: refusal[1] }) : null);
    },
    onData: (stream, session, done) => {
      simpleParser(stream).then(
        mail => {
          mailbox.add(
            mail,
            session.envelope.rcptTo.map(({ address }) => address),
          );
          log.debug('mail caught');
          done();
        },
        error => done(error),
      );
    },
  });
  smtp.on('error', error => log.warn({ err: error }, 'SMTP'));
  const web = createServer(createPages(mailbox, () => addressOf(smtp.server as unknown as Server)));
  await listen(smtp.server as unknown as Server, smtpPort, host);
  await listen(web, port, host);
  return {
    port: addressOf(web),
    smtpPort: addressOf(smtp.server as unknown as Server),
    stop: async () => {
      web.closeAllConnections();
      await Promise.all([
        new Promise<void>(resolve => web.close(() => resolve())),
        new Promise<void>(resolve => smtp.close(() => resolve())),
      ]);
    },
  };
}

const addressOf = (server: Server): number => (server.address() as { port: number }).port;

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
