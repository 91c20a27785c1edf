/** An e-mail as its writer thinks of it. Text is plain; whatever a person typed is escaped where it must be. */
export interface Mail {
  to: string;
  subject: string;
  /** Paragraphs, in order. */
  paragraphs: readonly string[];
  /** One button, or none. */
  action?: { label: string; url: string };
  /** What stands below the line: why they get it, and how not to. */
  footnote?: string;
}

/** Both forms of a mail: text for people who read text, and HTML that needs nothing from outside. */
export function renderMail({ paragraphs, action, footnote }: Mail): { text: string; html: string } {
  const lines = [...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : [])];
  const text = [...lines, ...(footnote ? [`-- \n${footnote}`] : [])].join('\n\n');
  return { text: `${text}\n`, html: page(paragraphs, action, footnote) };
}

const page = (paragraphs: readonly string[], action: Mail['action'], footnote: string | undefined) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif"><div style="max-width:560px;margin:0 auto">
<p style="font-weight:700;letter-spacing:.02em">Pagekeeper</p>
${paragraphs.map(paragraph => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
${action ? button(action) : ''}
${footnote ? `<p style="font-size:13px;opacity:.7;border-top:1px solid #8884;padding-top:12px">${escapeHtml(footnote)}</p>` : ''}
</div></body></html>`;

const button = ({ label, url }: NonNullable<Mail['action']>) =>
  `<p><a href="${escapeHtml(url)}" style="display:inline-block;padding:10px 18px;border-radius:8px;background:#1b4dd8;color:#fff;text-decoration:none">${escapeHtml(label)}</a></p>
<p style="font-size:13px;opacity:.7;word-break:break-all">${escapeHtml(url)}</p>`;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => entities[character]!);
