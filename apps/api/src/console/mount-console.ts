import { randomBytes } from 'node:crypto';
import type { Log } from '@pagekeeper/runtime/log';
import type { Express, Request, Response } from 'express';
import { readConsole } from './console-files.ts';

/** The first part of every address that the console has a page for (apps/console/src/router.tsx). */
const pages = new Set([
  '',
  'sign-in',
  'sign-up',
  'forgot-password',
  'reset-password',
  'verify-email',
  'accept-invitation',
  'organizations',
  'purges',
  'account',
  'admin',
]);

/** Addresses of programs: what is unknown below them stays a problem in JSON, whoever asks. */
const ofPrograms = new Set([
  'v1',
  'auth',
  'webhooks',
  'facebook',
  'ops',
  'docs',
  'assets',
  'healthz',
  'readyz',
  'openapi.json',
]);

/** Stands in the built page wherever the answer's own nonce belongs. */
const placeholder = '__NONCE__';

/** The web console: its files, and its one page at every address that a browser opens and nobody else answers. */
export function mountConsole(app: Express, log: Log): void {
  const built = readConsole();
  if (!built) {
    log.warn('the console is not built: npm run build -w apps/console');
    return;
  }
  const { page, files } = built;
  app.get('/assets/:name', (request, response, next) => {
    const file = files.get(request.path);
    if (!file) return hashedScript.test(request.params.name) ? sendReload(response) : next();
    // Its name changes with its content.
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    response.setHeader('Content-Type', file.type);
    response.vary('Accept-Encoding');
    if (!file.gzipped || !request.acceptsEncodings('gzip')) return void response.end(file.bytes);
    response.setHeader('Content-Encoding', 'gzip');
    response.end(file.gzipped);
  });
  app.get('/{*path}', (request, response, next) => {
    const [, first = ''] = request.path.split('/');
    if (ofPrograms.has(first) || !wantsPage(request)) next();
    else sendPage(response, pages.has(first) ? 200 : 404, page);
  });
}

/** "index-1a2b3c4d.js": named by its content, so one of another release where it is unknown. */
const hashedScript = /^[\w-]+-[\w-]{8}\.js$/;

/**
 * While a release is rolled out, the page of one api asks another for its files. A page that has not begun is loaded
 * anew, until both are of one release; one that has is told that the file is missing, in the browser's own words.
 */
const reload = `if (!document.getElementById('root')?.hasChildNodes()) setTimeout(() => location.reload(), 2000);
throw new Error('Failed to fetch dynamically imported module: ' + import.meta.url);
`;

function sendReload(response: Response): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'text/javascript; charset=utf-8');
  response.end(reload);
}

const wantsPage = ({ headers }: Request): boolean => headers.accept?.includes('text/html') ?? false;

function sendPage(response: Response, status: number, page: string): void {
  const nonce = randomBytes(16).toString('base64');
  response.setHeader('Content-Security-Policy', policyFor(nonce));
  // It names the files of this release, and a nonce of its own.
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('html').send(page.replaceAll(placeholder, nonce));
}

/** Scripts are files of ours; styles too, but for those that Mantine writes into the page: they carry the nonce. */
const policyFor = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
