import { type ConnectionOutcome, completeConnection } from '@pagekeeper/domain/connections/complete-connection';
import type { FacebookApp } from '@pagekeeper/domain/connections/facebook-connection';
import type { RefusalCode } from '@pagekeeper/domain/connections/reasons';
import type { Services } from '@pagekeeper/domain/context';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Caller, UserActor } from '@pagekeeper/domain/tenancy/actor';
import { Secret } from '@pagekeeper/runtime/secret';
import type { Express, Request } from 'express';
import { type ResultPage, sendResultPage } from '../http/result-page.ts';
import type { Limits } from '../limits/limits.ts';

export interface OauthCallbackOptions {
  services: Services;
  facebook: FacebookApp;
  authenticate(request: Request): Promise<Caller>;
  limits: Limits;
}

/** Where Facebook's login dialog sends the browser back to: one page that says what came of it. */
export function mountOauthCallback(
  app: Express,
  { services, facebook, authenticate, limits }: OauthCallbackOptions,
): void {
  app.get('/facebook/oauth/callback', async (request, response) => {
    const actor = await personBehind(request, authenticate);
    if (!actor) {
      await limits.countStranger(request, response);
      sendResultPage(response, 401, notSignedIn);
      return;
    }
    await limits.countCaller(response, actor);
    const ctx = { ...services, actor, requestId: String(request.id) };
    const { code, error, state } = request.query;
    try {
      const outcome = await completeConnection(ctx, facebook, {
        state: wordOf(state) ?? '',
        code: wordOf(code) === null ? null : new Secret(wordOf(code)!),
        error: wordOf(error),
      });
      sendResultPage(response, statusOf(outcome), pageOf(outcome));
    } catch (refusal) {
      if (!(refusal instanceof DomainError) || refusal.code !== 'forbidden') throw refusal;
      sendResultPage(response, 403, { title: 'Not connected', sentences: [refusal.message], link: home });
    }
  });
}

/** A program has no browser; a person who is not signed in here cannot be known. */
async function personBehind(
  request: Request,
  authenticate: OauthCallbackOptions['authenticate'],
): Promise<UserActor | null> {
  try {
    const caller = await authenticate(request);
    return caller.type === 'user' ? caller : null;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'unauthenticated') return null;
    throw error;
  }
}

/** Facebook's codes have some hundred characters. A parameter given twice is an array, and none of ours. */
const maxWord = 4_000;

const wordOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= maxWord ? value : null;

const notSignedIn: ResultPage = {
  title: 'Sign in first',
  sentences: ['You are not signed in to Pagekeeper in this browser. Sign in, then begin the connection again here.'],
  link: { label: 'Sign in', path: '/sign-in' },
};

/** Where which organization it was about cannot be said: the console finds the person's own. */
const home = { label: 'Go on in Pagekeeper', path: '/' };

const refusalStatuses: Record<RefusalCode, number> = {
  state_unknown: 404,
  state_foreign: 403,
  state_used: 409,
  state_expired: 410,
};

const statusOf = (outcome: ConnectionOutcome): number =>
  outcome.outcome === 'refused' ? refusalStatuses[outcome.code] : 200;

function pageOf(outcome: ConnectionOutcome): ResultPage {
  const { reason } = outcome;
  const said = reason ? [reason.detail, reason.fix] : [];
  if (outcome.outcome === 'refused') {
    // Mostly by the browser's way back, after all went well.
    const title = outcome.code === 'state_used' ? 'This login is done already' : 'Not connected';
    return { title, sentences: said, link: home };
  }
  const link = {
    label: 'Go on in Pagekeeper',
    path: `/organizations/${outcome.organization}?connection=${outcome.connection}`,
  };
  if (outcome.outcome === 'failed') return { title: 'Not connected', sentences: said, link };
  const { total, usable } = outcome.pages;
  const found = `Facebook shows ${pages(total)}; ${usable === total ? 'all' : usable} can be connected. Pick yours in Pagekeeper.`;
  return { title: 'Almost there', sentences: [found, ...said], link };
}

const pages = (count: number): string => (count === 1 ? '1 page' : `${count} pages`);
