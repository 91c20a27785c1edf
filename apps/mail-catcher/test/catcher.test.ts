import { createMailer } from '@pagekeeper/domain/mail/mailer';
import { createLog } from '@pagekeeper/runtime/log';
import { entryOf, type StartedProcess, startProcess } from '@pagekeeper/testing/processes';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';

const log = createLog({ name: 'test', level: 'silent' });
let catcher: StartedProcess;
let smtpUrl: string;

beforeAll(async () => {
  const smtpPort = await freePort();
  smtpUrl = `smtp://127.0.0.1:${smtpPort}`;
  const env = { PORT: '0', SMTP_PORT: String(smtpPort) };
  catcher = await startProcess({ name: 'mail-catcher', entry: entryOf('mail-catcher'), env });
});

afterAll(() => catcher?.stop());

const read = (path: string) => fetch(`http://127.0.0.1:${catcher.port}${path}`);
const caught = async (to: string): Promise<any[]> => (await (await read(`/email?to=${to}`)).json()) as any[];

it('a mail arrives as text and as HTML, its link usable, and what people typed stays text', async () => {
  const mailer = createMailer({ smtpUrl, from: 'Pagekeeper <no-reply@app.example>', log });
  await mailer.send({
    to: 'ana@example.com',
    subject: 'Hello\r\nBcc: everybody@example.com',
    paragraphs: ['<script>alert(1)</script> invites you & yours.'],
    action: { label: 'Accept', url: 'https://app.example/accept-invitation#token=abc&x="1"' },
    footnote: 'You get this because somebody typed your address.',
  });
  mailer.close();
  const [mail, ...more] = await caught('ana@example.com');
  expect(more).toEqual([]);
  expect(await caught('everybody@example.com')).toEqual([]);
  expect(mail.subject).toBe('Hello Bcc: everybody@example.com');
  expect(mail.from).toEqual([{ name: 'Pagekeeper', address: 'no-reply@app.example' }]);
  expect(mail.text).toContain('<script>alert(1)</script> invites you & yours.');
  expect(mail.text).toContain('https://app.example/accept-invitation#token=abc');
  expect(mail.html).not.toContain('<script');
  const page = await read('/');
  expect(await page.text()).not.toContain('<script');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});

it('mails can be read one by one, and cleared', async () => {
  const [mail] = await caught('ana@example.com');
  expect(await (await read(`/email/${mail.id}`)).json()).toEqual(mail);
  expect((await read('/email/none')).status).toBe(404);
  await fetch(`http://127.0.0.1:${catcher.port}/email/all`, { method: 'DELETE' });
  expect(await (await read('/email')).json()).toEqual([]);
  expect(await (await read('/')).text()).toContain('No mail yet');
});

it('without a mail server nothing is sent and nothing fails; one that does not answer is an error', async () => {
  const nowhere = createMailer({ smtpUrl: null, from: 'a@b.example', log });
  await nowhere.send({ to: 'ana@example.com', subject: 'x', paragraphs: [] });
  const dead = createMailer({ smtpUrl: `smtp://127.0.0.1:${await freePort()}`, from: 'a@b.example', log });
  await expect(dead.send({ to: 'ana@example.com', subject: 'x', paragraphs: ['x'] })).rejects.toThrow('ECONNREFUSED');
  dead.close();
});
