import type { Express, Request, Response } from 'express';

/** What the links in mails lead to, and what it is called when it went well. */
const links: Record<string, string> = {
  '/auth/verify-email': 'email_verified',
  '/auth/reset-password': 'choose_password',
};

/** Opened in a browser from a mail: whatever comes of it, the person ends on a page of ours. */
export const isLink = ({ method, path }: Request): boolean => method === 'GET' && path in links;

/** A link's address as better-auth takes it: it wants a reset's token in the path, and somewhere to go. */
export function askedBy(link: URL): URL {
  const asked = new URL(link);
  const token = asked.searchParams.get('token');
  if (asked.pathname === '/auth/reset-password' && token) asked.pathname += `/${encodeURIComponent(token)}`;
  if (!asked.searchParams.get('callbackURL')) asked.searchParams.set('callbackURL', '/');
  return asked;
}

/**
 * Sends the browser on to where the link wants it, with `result` in the query. A reset's token goes into the fragment,
 * which no server and no Referer sees.
 * @param answer better-auth's; null for a refusal
 */
export function land(response: Response, answer: globalThis.Response | null, publicUrl: string): void {
  const home = new URL('/', publicUrl);
  const wanted = new URL(answer?.headers.get('location') ?? '/', home);
  const target = wanted.origin === home.origin ? wanted : home;
  const { searchParams } = target;
  const isGood = answer?.status === 302 && !searchParams.has('error');
  const token = searchParams.get('token');
  searchParams.delete('error');
  searchParams.delete('token');
  searchParams.set('result', isGood ? links[response.req.path]! : 'invalid_link');
  if (isGood && token) target.hash = `token=${token}`;
  response.redirect(302, target.href);
}

const sentences: Record<string, string> = {
  email_verified: 'Your e-mail address is confirmed.',
  choose_password: 'The link is good: with the token in the address of this page a new password can be set.',
  invalid_link: 'The link was used already, or is too old. Please ask for a new one.',
};

/** Where links end until the console has pages for them: one sentence. */
export function mountLanding(app: Express): void {
  app.get('/', ({ query }, response, next) => {
    const { result } = query;
    const sentence = typeof result === 'string' && Object.hasOwn(sentences, result) ? sentences[result] : undefined;
    if (sentence) response.type('html').send(page(sentence));
    else next();
  });
}

const page = (sentence: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pagekeeper</title>
</head>
<body style="margin:0;padding:24px;font:18px/1.5 system-ui,sans-serif">
<h1 style="font-size:18px">Pagekeeper</h1>
<p>${sentence}</p>
</body>
</html>
`;
