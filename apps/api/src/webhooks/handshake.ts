import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@pagekeeper/runtime/secret';
import { type Express, Router } from 'express';

/** Meta's verification of the callback: the challenge for the right token. Needs no database. */
export function mountHandshake(app: Express, verifyToken: Secret): void {
  const expected = digest(verifyToken.reveal());
  // Exactly this path: deliveries are taken at no other, and one that Meta has verified would lose them all.
  const router = Router({ strict: true, caseSensitive: true });
  router.get('/webhooks/facebook', (request, response) => {
    // A parameter given twice is an array: only plain strings count.
    const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = request.query;
    const matches = typeof token === 'string' && timingSafeEqual(digest(token), expected);
    if (mode !== 'subscribe' || !matches || typeof challenge !== 'string' || challenge.length > 1_000) {
      response.status(403).end();
      return;
    }
    response.type('text/plain').send(challenge);
  });
  app.use(router);
}

const digest = (text: string) => createHash('sha256').update(text).digest();
