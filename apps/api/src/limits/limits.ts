import { createHash } from 'node:crypto';
import { type LimitPolicy, OverLimit } from '@pagekeeper/domain/errors';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import type { LimitStore } from '@pagekeeper/queue/limits/limit-store';
import { Limiter, type Verdict } from '@pagekeeper/queue/limits/limiter';
import { type PausePolicy, Pauses } from '@pagekeeper/queue/limits/pauses';
import type { Request, Response } from 'express';
import { showLimit } from './limit-headers.ts';
import type { LimitSettings } from './limit-settings.ts';
import { networkOf } from './network-of.ts';

const day = 86_400;
/** Of one caller, in all organizations: two full ones. */
const invitationsPerHour = 200;
/** To one address, of whomever. */
const invitationsToOnePerHour = 20;
/** How long an address that somebody signed in from stays theirs. */
const knownPlaceSeconds = 30 * day;

/**
 * Who may ask how often. Each caller is counted by what nobody else can show (a key's hash, a person's id), and who is
 * nobody yet by their network. All throw OverLimit.
 */
export class Limits {
  readonly #store: LimitStore;
  readonly #callers: Limiter;
  readonly #strangers: Limiter;
  readonly #attempts: Limiter;
  readonly #mails: Limiter;
  readonly #inviters: Limiter;
  readonly #invitees: Limiter;
  readonly #guesses: Pauses;

  constructor(store: LimitStore, settings: LimitSettings) {
    const { callerPer10Seconds, strangerPerMinute, attemptsPerMinute, mailsPerHour, freeGuesses } = settings;
    this.#store = store;
    this.#callers = new Limiter(store, { name: 'callers', points: callerPer10Seconds, seconds: 10 });
    this.#strangers = new Limiter(store, { name: 'strangers', points: strangerPerMinute, seconds: 60 });
    this.#attempts = new Limiter(store, { name: 'attempts', points: attemptsPerMinute, seconds: 60 });
    this.#mails = new Limiter(store, { name: 'mails', points: mailsPerHour, seconds: 3_600 });
    this.#inviters = new Limiter(store, { name: 'invitations', points: invitationsPerHour, seconds: 3_600 });
    this.#invitees = new Limiter(store, { name: 'invitees', points: invitationsToOnePerHour, seconds: 3_600 });
    this.#guesses = new Pauses(store, {
      name: 'guesses',
      free: freeGuesses,
      firstSeconds: 5,
      longestSeconds: 900,
      forgetSeconds: day,
    });
  }

  /** A request of an API key or a person. */
  async countCaller(response: Response, actor: Caller): Promise<void> {
    enforce(response, await this.#callers.take(nameOf(actor)));
  }

  /**
   * Before an invitation, which writes to an address that did not ask for it. An organization has limits of its own, of
   * which whoever makes many organizations has many.
   */
  async refuseInvitation(response: Response, actor: Caller, email: string): Promise<void> {
    const verdicts = await Promise.all([this.#inviters.ask(nameOf(actor)), this.#invitees.ask(hash(email))]);
    const spent = verdicts.find(({ allowed }) => !allowed);
    if (spent) enforce(response, spent);
  }

  /** An invitation that was sent: what is refused spends nobody's. */
  async countInvitation(actor: Caller, email: string): Promise<void> {
    await Promise.all([this.#inviters.take(nameOf(actor)), this.#invitees.take(hash(email))]);
  }

  /** A request that has no caller and costs us something: as many as a caller may send. */
  async countNetwork(request: Request, response: Response): Promise<void> {
    enforce(response, await this.#callers.take(`network:${sender(request)}`));
  }

  /** A request without valid credentials. */
  async countStranger(request: Request, response: Response): Promise<void> {
    enforce(response, await this.#strangers.take(sender(request)));
  }

  /** Before a key that may be invented is looked up: refuses networks that showed too many of those. */
  refuseSpentStranger(request: Request, response: Response): void {
    const verdict = this.#strangers.look(sender(request));
    if (!verdict.allowed) enforce(response, verdict);
  }

  /** Says in headers what strangers may, and counts nothing. */
  showStranger(request: Request, response: Response): void {
    show(response, this.#strangers.look(sender(request)));
  }

  /** A sign-in, sign-up, reset or second factor. */
  async countAttempt(request: Request, response: Response): Promise<void> {
    enforce(response, await this.#attempts.take(sender(request)));
  }

  /**
   * A mail that anybody may have sent to an address.
   * @param mail its kind and the address
   */
  async countMail(response: Response, mail: string): Promise<void> {
    enforce(response, await this.#mails.take(hash(mail)));
  }

  /**
   * A guess at somebody's secret: after some wrong ones there are pauses, which grow. Where the person signed in from
   * before is counted by itself, so that strangers elsewhere cannot keep them out by failing under their name.
   * @param subject whose secret: an e-mail address, or `ownPasswordOf`
   */
  async beginGuess(request: Request, subject: string): Promise<Guess> {
    const place = `place:${hash(`${subject} ${sender(request)}`)}`;
    const isKnown = (await this.#store.peek(place)) > 0;
    const key = isKnown ? place : hash(subject);
    const waitMs = await this.#guesses.begin(key);
    if (waitMs > 0) refuse(guessesAllowed(this.#guesses.policy), waitMs, 'Too many failed attempts.');
    return {
      wasRight: async () => {
        await this.#guesses.forget(key);
        if (!isKnown) await this.#store.count(place, 1, knownPlaceSeconds);
      },
      wasNone: () => this.#guesses.takeBack(key),
    };
  }
}

const guessesAllowed = ({ name, free, forgetSeconds }: PausePolicy) => ({ name, points: free, seconds: forgetSeconds });

/** Whose secret a password is that a request with a session shows. */
export const ownPasswordOf = (userId: string): string => `person:${userId}`;

/** What became of a guess. A wrong one needs no word: it was counted when it began. */
export interface Guess {
  wasRight(): Promise<void>;
  /** It was refused for another reason, or not looked at. */
  wasNone(): Promise<void>;
}

const nameOf = (actor: Caller): string =>
  actor.type === 'api_key' ? `key:${actor.secretHash}` : `person:${actor.userId}`;

const sender = ({ ip }: Request): string => networkOf(ip ?? 'unknown');

// What is counted about people lies in the store by its hash only.
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

function show(response: Response, { policy, remaining, resetMs }: Verdict): void {
  showLimit(response, policy, remaining, Math.ceil(resetMs / 1_000));
}

function enforce(response: Response, verdict: Verdict): void {
  show(response, verdict);
  const { policy, resetMs } = verdict;
  if (!verdict.allowed) refuse(policy, resetMs, `The limit is ${policy.points} requests in ${policy.seconds} seconds.`);
}

function refuse(policy: LimitPolicy, waitMs: number, why: string): never {
  const waitSeconds = Math.max(Math.ceil(waitMs / 1_000), 1);
  throw new OverLimit(`${why} Try again in ${waitSeconds} seconds.`, policy, waitSeconds);
}
