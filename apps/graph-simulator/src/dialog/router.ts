import type { Request, Response } from 'express';
import { Router, urlencoded } from 'express';
import type { z } from 'zod';
import { guard } from '../page/router.ts';
import { pagesOf } from '../people/people.ts';
import { defaultScopes } from '../people/scopes.ts';
import { nowSeconds } from '../state/clock.ts';
import { nextWord } from '../state/sequence.ts';
import type { Person, State } from '../state/state.ts';
import { grant } from '../tokens/mint.ts';
import type { World } from '../world.ts';
import { type Asked, askedSchema, decisionSchema } from './asked.ts';
import { choicePage, faultPage, peoplePage } from './html.ts';

/** The login dialog: choose a person, then scopes and Pages, then back to the app with a code. */
export function dialogRouter(world: World): Router {
  const router = Router();
  const paths = ['/dialog/oauth', '/:version/dialog/oauth'];
  router.get(paths, (request, response) => show(world, request, response));
  router.post(paths, urlencoded({ extended: false, limit: '100kb' }), (request, response) => {
    decide(world, request, response);
  });
  return router;
}

function show(world: World, request: Request, response: Response): void {
  const asked = askedSchema.safeParse(request.query);
  const fault = faultOf(world.state, asked);
  if (!asked.success || fault) {
    send(response, 400, faultPage(fault ?? ''), '');
    return;
  }
  const { state } = world;
  const person = asked.data.person_id ? state.people.get(asked.data.person_id) : undefined;
  const html = person
    ? choicePage({
        asked: asked.data,
        appName: state.app.name,
        person,
        scopes: askedScopes(asked.data),
        pages: pagesOf(state, person),
        keepsPages: keepsEarlierPages(person, asked.data),
      })
    : peoplePage(asked.data, state.app.name, [...state.people.values()]);
  send(response, 200, html, new URL(asked.data.redirect_uri).origin);
}

function decide(world: World, request: Request, response: Response): void {
  const decision = decisionSchema.safeParse(request.body);
  const person = decision.success ? world.state.people.get(decision.data.person_id) : undefined;
  const fault = faultOf(world.state, decision) ?? (person ? null : 'That person does not exist.');
  if (!decision.success || !person || fault) {
    send(response, 400, faultPage(fault ?? ''), '');
    return;
  }
  const { data } = decision;
  const url = new URL(data.redirect_uri);
  const outcome = data.decision === 'deny' ? refusal : { code: approve(world.state, person, data) };
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value);
  if (data.state !== undefined) url.searchParams.set('state', data.state);
  world.changed();
  // Facebook leaves this fragment behind; servers never see it.
  response.redirect(302, `${url.href}#_=_`);
}

const refusal = {
  error: 'access_denied',
  error_code: '200',
  error_description: 'Permissions error',
  error_reason: 'user_denied',
};

function approve(state: State, person: Person, decision: z.output<typeof decisionSchema>): string {
  const asked = askedScopes(decision);
  const scopes = decision.chosen ? asked.filter(scope => decision.scopes?.includes(scope)) : asked;
  const chosenPages = decision.chosen ? (decision.page_ids ?? []) : (decision.page_ids ?? null);
  grant(state, person, scopes, keepsEarlierPages(person, decision) ? person.pickedPages : chosenPages);
  const code = nextWord(state, 'code', 'AQB', 32);
  const { redirect_uri: redirectUri } = decision;
  state.codes.set(code, { personId: person.id, redirectUri, scopes, issuedAt: nowSeconds(state), used: false });
  return code;
}

/** Without `auth_type=reauthorize` Facebook silently uses the Pages picked before. */
function keepsEarlierPages(person: Person, asked: Asked): boolean {
  return asked.auth_type !== 'reauthorize' && person.granted.length > 0 && person.pickedPages !== null;
}

function askedScopes(asked: Asked): string[] {
  const scopes = (asked.scope ?? '').split(',').map(scope => scope.trim());
  const named = scopes.filter(scope => /^\w{1,60}$/.test(scope));
  return named.length > 0 ? [...new Set(named)] : [...defaultScopes];
}

function faultOf(state: State, asked: z.ZodSafeParseResult<Asked>): string | null {
  if (!asked.success) return `The login link is not valid: ${asked.error.issues[0]?.path.join('.')}.`;
  return asked.data.client_id === state.app.id
    ? null
    : 'Invalid App ID: the provided app ID does not look like a valid app ID.';
}

function send(response: Response, status: number, html: string, redirectOrigin: string): void {
  // Browsers hold the redirect after a form to form-action as well.
  guard(
    response,
    `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${redirectOrigin}; base-uri 'none'; frame-ancestors 'none'`,
  );
  response.status(status).type('html').send(html);
}
