import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Response } from 'express';
import { Router, static as serveFiles } from 'express';

const folder = join(
  dirname(createRequire(import.meta.url).resolve('@pagekeeper/graph-simulator/package.json')),
  'page',
);

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Headers of everything that a browser shows: nothing foreign is loaded, nothing is guessed. */
export function guard(response: Response, contentSecurityPolicy = policy): void {
  response.set({
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  });
}

/** The page for people at `/`, with its files under `/assets`. */
export function pageRouter(): Router {
  const router = Router();
  router.get('/', (_request, response) => {
    guard(response);
    response.sendFile('index.html', { root: folder });
  });
  router.use('/assets', serveFiles(folder, { index: false, setHeaders: response => guard(response as Response) }));
  return router;
}
