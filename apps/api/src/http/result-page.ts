import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** What a browser shows that was sent to us by a mail or by Facebook: a heading, some sentences, one way on. */
export interface ResultPage {
  title: string;
  sentences: readonly string[];
  link?: { label: string; path: string };
}

const style = `body{margin:0 auto;max-width:34rem;padding:24px;font:18px/1.5 system-ui,sans-serif}
h1{font-size:22px;line-height:1.3}a{color:#1a4fd0}small{color:#555}`;

// No script at all, nothing from outside, and no style but this one.
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends the page; every text in it is escaped. */
export function sendResultPage(response: Response, status: number, page: ResultPage): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('html').send(render(page));
}

const render = ({ title, sentences, link }: ResultPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} – Pagekeeper</title>
<style>${style}</style>
</head>
<body>
<main>
<small>Pagekeeper</small>
<h1>${escaped(title)}</h1>
${sentences.map(sentence => `<p>${escaped(sentence)}</p>`).join('\n')}
${link ? `<p><a href="${escaped(link.path)}">${escaped(link.label)}</a></p>` : ''}
</main>
</body>
</html>
`;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string): string => text.replace(/[&<>"']/g, character => entities[character]!);
