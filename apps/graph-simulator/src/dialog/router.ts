import type { NextFunction, Request, Response } from 'express';
import { Router, urlencoded } from 'express';
import type * as z from 'zod';
import { guard } from '../page/router.ts';
import { noteEvent } from '../people/note-event.ts';
import { createSystemUser, pagesOf } from '../people/people.ts';
import { forgetOldest } from '../state/bounded.ts';
import { nowSeconds } from '../state/clock.ts';
import type { Lifetime, Page, Person } from '../state/entities.ts';
import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import { logIn } from '../tokens/mint.ts';
import type { World } from '../world.ts';
import { type Asked, askedSchema, type Decision, decisionSchema } from './asked.ts';
import { choicePage, faultPage, peoplePage } from './html.ts';
import { configurationOf, faultOfLink, keepsEarlierPages, reauthorizes, shownScopes, silentDenial } from './request.ts';

/** The login dialog: choose a person, then scopes and Pages, then back to the app with a code. */
export function dialogRouter(world: World): Router {
  const router = Router();
  const paths = ['/dialog/oauth', '/:version/dialog/oauth'];
  router.get(paths, (request, response) => show(world, request, response));
  router.post(paths, urlencoded({ extended: false, limit: '100kb' }), (request, response) => {
    decide(world, request, response);
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (error instanceof DialogFault) send(response, 400, faultPage(error.message), '');
    else next(error);
  });
  return router;
}

/** A dialog that goes no further, and why, in a sentence. */
class DialogFault extends Error {}

function show({ state }: World, request: Request, response: Response): void {
  const asked = read(askedSchema, request.query, state);
  const person = humanOf(state, asked.person_id);
  const html = person
    ? choicePage({
        asked,
        app: state.app,
        person,
        scopes: shownScopes(state, person, asked),
        pages: pagesOf(state, person),
        keepsPages: keepsEarlierPages(person, asked),
        configuration: configurationOf(state, asked),
      })
    : peoplePage(state, asked, peopleOf(state));
  send(response, 200, html, new URL(asked.redirect_uri).origin);
}

function decide(world: World, request: Request, response: Response): void {
  const { state } = world;
  const decision = read(decisionSchema, request.body, state);
  const person = humanOf(state, decision.person_id);
  if (!person) throw new DialogFault('That person does not exist.');
  const url = new URL(decision.redirect_uri);
  for (const [name, value] of Object.entries(outcomeOf(world, person, decision))) url.searchParams.set(name, value);
  if (decision.state !== undefined) url.searchParams.set('state', decision.state);
  world.changed();
  // Facebook leaves this fragment behind; servers never see it.
  response.redirect(302, `${url.href}#_=_`);
}

function read<Output extends Asked>(schema: z.ZodType<Output>, given: unknown, state: State): Output {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new DialogFault(`The login link is not valid: ${parsed.error.issues[0]?.path.map(String).join('.')}.`);
  }
  const fault = faultOfLink(state.app, parsed.data);
  if (fault) throw new DialogFault(fault);
  return parsed.data;
}

/** Who logs in: no system user ever does, nor somebody who has to pass a security check first. */
function humanOf(state: State, id: string | undefined): Person | undefined {
  const person = id === undefined ? undefined : state.people.get(id);
  if (person?.kind !== 'person') return undefined;
  if (person.checkpoint === null) return person;
  const sentence = `${person.name} has to pass a security check at facebook.com first. Lift the checkpoint on the simulator’s page.`;
  throw new DialogFault(sentence);
}

const peopleOf = (state: State) => [...state.people.values()].filter(person => person.kind === 'person');

const refusal = {
  error: 'access_denied',
  error_code: '200',
  error_description: 'Permissions error',
  error_reason: 'user_denied',
};

function outcomeOf(world: World, person: Person, decision: Decision): Record<string, string> {
  const { state } = world;
  if (decision.decision === 'nothing') return {};
  const shown = shownScopes(state, person, decision);
  const scopes = decision.chosen ? shown.filter(scope => decision.scopes?.includes(scope)) : shown;
  const configuration = configurationOf(state, decision);
  // Login for Business: all that is asked for, or nothing at all.
  const isTooLittle = configuration !== undefined && scopes.length < shown.length;
  if (decision.decision === 'deny' || silentDenial(state.app, person) || isTooLittle) return refusal;
  const pages = pagesPicked(person, decision);
  if (configuration?.token !== 'system_user') {
    return { code: approve(world, person, decision, { shown, scopes, pages, lifetime: 'short' }) };
  }
  const shared = pagesOf(state, person).filter(page => pages === null || pages.includes(page.id));
  const lifetime = configuration.expires_in_60_days ? 'long' : 'never';
  return { code: approveForBusiness(world, person, decision, { scopes, shared, lifetime }) };
}

function pagesPicked(person: Person, decision: Decision): string[] | null {
  if (keepsEarlierPages(person, decision)) return person.pickedPages;
  return decision.chosen ? (decision.page_ids ?? []) : (decision.page_ids ?? null);
}

function approve(
  world: World,
  person: Person,
  decision: Decision,
  given: { shown: string[]; scopes: string[]; pages: string[] | null; lifetime: Lifetime },
): string {
  const { shown, scopes, pages, lifetime } = given;
  const renewsDataAccess = reauthorizes(decision);
  noteEvent(world, person, { event: 'login', detail: { scopes, page_ids: pages } }, () =>
    logIn(world.state, person, { asked: shown, granted: scopes, pickedPages: pages, renewsDataAccess }),
  );
  return issueCode(world.state, person, decision.redirect_uri, lifetime);
}

/** The code then stands for a system user of the person's business, who has what the person shares. */
function approveForBusiness(
  world: World,
  person: Person,
  decision: Decision,
  given: { scopes: string[]; shared: Page[]; lifetime: Lifetime },
): string {
  const { state } = world;
  const { scopes, shared, lifetime } = given;
  const systemUser = createSystemUser(state, person, shared);
  const { pickedPages } = systemUser;
  noteEvent(world, systemUser, { event: 'login', detail: { scopes, page_ids: pickedPages } }, () =>
    logIn(state, systemUser, { asked: scopes, granted: scopes, pickedPages, renewsDataAccess: true }),
  );
  return issueCode(state, systemUser, decision.redirect_uri, lifetime);
}

const keptCodes = 10_000;

function issueCode(state: State, person: Person, redirectUri: string, lifetime: Lifetime): string {
  const code = nextWord(state, 'code', 'AQB', 32);
  state.codes.set(code, { personId: person.id, redirectUri, issuedAt: nowSeconds(state), used: false, lifetime });
  forgetOldest(state.codes, keptCodes);
  return code;
}

function send(response: Response, status: number, html: string, redirectOrigin: string): void {
  // Browsers hold the redirect after a form to form-action as well.
  guard(
    response,
    `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${redirectOrigin}; base-uri 'none'; frame-ancestors 'none'`,
  );
  response.status(status).type('html').send(html);
}
