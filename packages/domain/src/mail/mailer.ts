import type { Log } from '@pagekeeper/runtime/log';
import { createTransport } from 'nodemailer';
import { type Mail, renderMail } from './render-mail.ts';

export interface Mailer {
  /** Resolves when the mail server has taken it. @throws Error when it has not: try again later */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** What became of a mail that was not taken. An error's message is left out: it quotes the address. */
export interface MailFailure {
  code: string | undefined;
  response_code: number | undefined;
  /** The address does not work: trying again changes nothing. */
  given_up: boolean;
}

/** @returns null when the mail server has taken it */
export async function trySend(mailer: Pick<Mailer, 'send'>, mail: Mail): Promise<MailFailure | null> {
  return await mailer.send(mail).then(
    () => null,
    ({ code, command, responseCode, response = '' }: SmtpError) => ({
      code,
      response_code: responseCode,
      // A server that refuses our login, our sender or us (RFC 3463's 5.7) takes the mail once that is mended.
      given_up: command === 'RCPT TO' && (responseCode ?? 0) >= 500 && !/^5\d\d[ -]5\.7\./.test(response),
    }),
  );
}

/** As nodemailer throws it; an error of another kind has none of these. */
interface SmtpError {
  code?: string;
  /** What was sent when the server answered. */
  command?: string;
  responseCode?: number;
  /** The server's line. */
  response?: string;
}

export interface MailerOptions {
  /** `smtp://user:password@host:port`; null: mails are only counted in the log. */
  smtpUrl: string | null;
  /** "Pagekeeper <no-reply@app.example>" */
  from: string;
  log: Log;
}

/** Sends over a few kept connections. Subject and address of a mail are not logged: they are a person's. */
export function createMailer({ smtpUrl, from, log }: MailerOptions): Mailer {
  if (!smtpUrl) return { send: async () => log.warn('SMTP_URL is not set: a mail was not sent'), close: () => {} };
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 3,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    // A mail holds no file of ours and nothing fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      await transport.sendMail({
        from,
        to: { name: '', address: mail.to },
        subject: oneLine(mail.subject),
        ...renderMail(mail),
      });
    },
    close: () => transport.close(),
  };
}

/** Shakes hands with the mail server, and logs in. Sends nothing. @throws Error when it will not have us */
export async function verifyMailServer(smtpUrl: string): Promise<void> {
  const transport = createTransport({ url: smtpUrl, connectionTimeout: 5_000, greetingTimeout: 5_000 });
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

// A name with a line break in it must not begin a header of its own. (nodemailer folds them too.)
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 200);
