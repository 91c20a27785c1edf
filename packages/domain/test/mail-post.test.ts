import { createLog } from '@pagekeeper/runtime/log';
import { entryOf, type StartedProcess, startProcess } from '@pagekeeper/testing/processes';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailPost, type MailPost } from '../src/mail/mail-post.ts';
import { createMailer, type Mailer } from '../src/mail/mailer.ts';

const lines: string[] = [];
const log = createLog({ name: 'test', level: 'info', destination: { write: line => void lines.push(line) } });
const said = (words: string) => lines.filter(line => line.includes(words)).length;
const mail = { to: 'pat@example.com', subject: 'Hello', paragraphs: ['Hello.'] };

let port: string;
let mailer: Mailer;
let post: MailPost;
let catcher: StartedProcess | null = null;

async function begin(): Promise<void> {
  lines.length = 0;
  port = String(await freePort());
  mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'us@example.com', log });
  post = createMailPost({ mailer, log });
}

/** The mail server, which was away until now. */
async function startServer(): Promise<void> {
  const env = { PORT: '0', SMTP_PORT: port };
  catcher = await startProcess({ name: 'mail-catcher', entry: entryOf('mail-catcher'), env });
}

const caught = async () => await (await fetch(`http://127.0.0.1:${catcher!.port}/email`)).json();

afterEach(async () => {
  await post.close();
  mailer.close();
  await catcher?.stop();
  catcher = null;
});

describe('a mail that nobody waits for', () => {
  it('comes when the mail server is back', { timeout: 90_000 }, async () => {
    await begin();
    post.send(mail);
    await expect.poll(() => said('a mail was not taken'), { timeout: 10_000 }).toBeGreaterThan(0);
    await startServer();
    await expect.poll(caught, { timeout: 60_000, interval: 100 }).toMatchObject([{ subject: 'Hello' }]);
    expect(lines.join('')).not.toMatch(/pat@|Hello/);
  });

  it('is given up at once when the server refuses it for good', { timeout: 60_000 }, async () => {
    await begin();
    await startServer();
    post.send({ ...mail, to: 'no address' });
    await expect.poll(() => said('a mail was given up'), { timeout: 20_000 }).toBe(1);
    expect(said('a mail was not taken')).toBe(1);
    expect(await caught()).toEqual([]);
  });

  it('is tried again when the server refuses us, not the address', { timeout: 60_000 }, async () => {
    await begin();
    await startServer();
    post.send({ ...mail, to: 'relay.pat@example.com' });
    await expect.poll(() => said('a mail was not taken'), { timeout: 20_000 }).toBeGreaterThan(1);
    expect(said('a mail was given up')).toBe(0);
  });

  it('is tried once more at the end, which waits for seconds only', async () => {
    await begin();
    post.send(mail);
    await expect.poll(() => said('a mail was not taken'), { timeout: 10_000 }).toBeGreaterThan(0);
    await post.close();
    expect(said('a mail was given up')).toBe(1);
  });

  it('is one of a thousand at most', async () => {
    await begin();
    for (let sent = 0; sent < 1_010; sent += 1) post.send(mail);
    expect(said('too many mails wait')).toBe(10);
  });
});
