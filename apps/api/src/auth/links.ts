import type { Request, Response } from 'express';

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
