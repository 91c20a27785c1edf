import express, { type Express, type Response } from 'express';
import type { CaughtMail, Mailbox } from './mailbox.ts';

/** The list of caught mails as a page and as JSON (`/email`, as maildev has it). */
export function createPages(mailbox: Mailbox, smtpPort: () => number): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/', (_request, response) => show(response, listPage(mailbox.list().toReversed(), smtpPort())));
  app.get('/email', ({ query }, response) => {
    response.json(mailbox.list(typeof query.to === 'string' ? query.to : undefined));
  });
  app.get('/email/:id', (request, response) => {
    const mail = mailbox.find(request.params.id);
    if (mail) response.json(mail);
    else response.status(404).json({ error: 'There is no such mail.' });
  });
  app.delete('/email/all', (_request, response) => {
    mailbox.clear();
    response.json(true);
  });
  return app;
}

function show(response: Response, html: string): void {
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.type('html').send(html);
}

const listPage = (mails: readonly CaughtMail[], smtpPort: number) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>Mail catcher</title><style>${style}</style></head><body><main>
<header><h1>Mail catcher</h1><p>Takes every mail on SMTP port ${smtpPort} and delivers none. JSON: <a href="/email">/email</a></p></header>
${mails.length === 0 ? '<p class="empty">No mail yet. Sign up or invite somebody, and it shows here.</p>' : mails.map(article).join('\n')}
</main></body></html>`;

const article = (mail: CaughtMail) => `<article><h2>${escapeHtml(mail.subject)}</h2>
<p class="meta">to ${escapeHtml(mail.to.map(({ address }) => address).join(', '))} <time datetime="${mail.time}">${mail.time.slice(0, 19).replace('T', ' ')} UTC</time></p>
<pre>${linked(escapeHtml(mail.text))}</pre></article>`;

// Links are what one comes here for. The text is escaped by now: what follows cannot end the attribute.
const linked = (escaped: string) => escaped.replace(/https?:\/\/[^\s<>"']+/g, url => `<a href="${url}">${url}</a>`);

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => entities[character]!);

const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dee6; --back: #f4f6f9; --link: #1b4dd8 }
@media (prefers-color-scheme: dark) { :root { --paper: #171c24; --ink: #e8ecf2; --soft: #a3adba; --line: #2b333f; --back: #0f131a; --link: #8fb0ff } }
* { box-sizing: border-box } body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px } h1 { font-size: 1.4rem; margin: 0 } header p, .meta { color: var(--soft); margin: 4px 0 0; font-size: .875rem }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 16px 20px; margin-top: 16px } h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere }
time { float: right } pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 12px 0 0 } a { color: var(--link) } .empty { color: var(--soft); padding: 48px 0; text-align: center }
`;
