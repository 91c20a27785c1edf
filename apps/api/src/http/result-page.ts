import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** What a browser shows that was sent to us by a mail or by Facebook: a heading, some sentences, one way on. */
export interface ResultPage {
  title: string;
  sentences: readonly string[];
  link?: { label: string; path: string };
}

const style = `:root{color-scheme:light dark;--back:#f3f4ef;--card:#fff;--edge:#dfe3df;--text:#16201d;--soft:#5a6662;--accent:#0f766e}
@media(prefers-color-scheme:dark){:root{--back:#0e1413;--card:#16201d;--edge:#2a3733;--text:#eaf2ef;--soft:#9aa8a3;--accent:#5eceba}}
body{margin:0;padding:24px 16px;background:var(--back);color:var(--text);font:17px/1.5 system-ui,sans-serif}
main{box-sizing:border-box;max-width:34rem;margin:6vh auto 0;padding:28px;background:var(--card);border:1px solid var(--edge);border-radius:20px}
h1{margin:6px 0 12px;font-size:22px;line-height:1.3}p{margin:0 0 12px}a{color:var(--accent);font-weight:600}small{color:var(--soft)}`;

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
