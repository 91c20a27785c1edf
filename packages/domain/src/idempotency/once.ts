import type { Knex } from 'knex';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { Rendered } from '../resource.ts';
import { Sealed } from '../vault/sealed.ts';
import type { DataKey, Vault } from '../vault/vault.ts';

/** A POST that may arrive twice and shall act once: it carries an Idempotency-Key. Made for one request. */
export interface Once {
  /** Seals and opens the answers. */
  readonly vault: Vault;
  /** The caller's key, made the caller's own: another's equal key is another key. */
  readonly key: string;
  /** Hash of method, address and body. */
  readonly fingerprint: Buffer;
  /** What a success of this endpoint answers with. */
  readonly status: number;
  /** Set by the first writing door, in the transaction that may yet be done again. */
  stored?: { id: Uuid; complete: boolean };
}

type Table = 'idempotency_keys' | 'personal_idempotency_keys';

/** After that a request which has not said how it ended died with its process. */
const underWayMinutes = 5;
/** No status of HTTP's: in place of one where there is no answer and will be none. */
const lost = 0;

/** The request was carried out before: this is what it was answered with. Not a failure. */
export class Replay extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('answered before');
    this.answer = answer;
  }
}

/** What a request was answered with. */
export interface Answer {
  status: number;
  text: string;
  etag?: string | undefined;
}

/** Where a door keeps answers: the table, the column and value that tell whose, and the key that seals them. */
export interface AnswerStore {
  table: Table;
  owner: Readonly<Record<string, Uuid>>;
  /** Columns of a new answer only. */
  about: Readonly<Record<string, Uuid>>;
  dataKey(): Promise<DataKey>;
  keyOf(answer: Sealed): Promise<DataKey>;
}

/**
 * Does the work unless it was done before, and stores its answer in the same transaction: a crash leaves both or
 * neither. The answer is the work's result, or `shown` of it, where that is rendered; else {@link completeAnswer} adds
 * it later.
 * @param work is given the answer of a request that was carried out before, does nothing then, and throws it once it is
 *   seen that the caller may still have it
 * @throws Replay, or DomainError `request_in_flight`, `idempotency_key_reused`, `answer_lost`
 */
export async function actOnce<Result>(
  transaction: Knex.Transaction,
  store: AnswerStore,
  once: Once,
  work: (answered?: Replay) => PromiseLike<Result>,
): Promise<Result> {
  let answered = await findAnswer(transaction, store, once);
  if (!answered) {
    await lock(transaction, store, once);
    // Whoever held the lock may have committed between the two statements.
    answered = await findAnswer(transaction, store, once);
  }
  if (answered) {
    await work(answered);
    throw answered;
  }
  const result = await work();
  const shown = shownOf(result);
  const id = newId();
  await transaction(store.table).insert({
    ...store.owner,
    ...store.about,
    id,
    key_hash: keyHashOf(once),
    fingerprint: once.fingerprint,
    ...(shown && (await sealAnswer(store, once.vault, id, { status: once.status, ...shown }))),
  });
  once.stored = { id, complete: shown !== undefined };
  return result;
}

const keyHashOf = ({ vault, key }: Once): Buffer => vault.hash('idempotency', key);

/** For this transaction. @throws DomainError `request_in_flight` */
async function lock(transaction: Knex.Transaction, store: AnswerStore, once: Once): Promise<void> {
  const { rows } = await transaction.raw('select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as free', [
    `${store.table} ${keyHashOf(once).toString('hex')}`,
  ]);
  if (!rows[0].free) throw underWay();
}

/**
 * Answers what was answered before: for a verb that looks at other things before its first writing door, which may have
 * changed since.
 * @throws as `actOnce`; nothing for a request that is new
 */
export async function replayStored(transaction: Knex.Transaction, store: AnswerStore, once: Once): Promise<void> {
  const answered = await findAnswer(transaction, store, once);
  if (answered) throw answered;
}

async function findAnswer(transaction: Knex.Transaction, store: AnswerStore, once: Once): Promise<Replay | undefined> {
  const row = await transaction(store.table)
    .where({ ...store.owner, key_hash: keyHashOf(once) })
    .first(
      'id',
      'fingerprint',
      'status',
      'answer',
      'etag',
      transaction.raw(`status is null and created_at > now() - interval '${underWayMinutes} minutes' as is_under_way`),
    );
  return row && (await replayOf(store, once, row));
}

/** Adds the answer of a verb that went on after its transaction. */
export async function completeAnswer(
  transaction: Knex.Transaction,
  store: AnswerStore,
  once: Once,
  answer: Answer,
): Promise<void> {
  const { stored } = once;
  if (!stored) return;
  await transaction(store.table)
    .where({ ...store.owner, id: stored.id })
    .update(await sealAnswer(store, once.vault, stored.id, answer));
}

/** The verb failed after its transaction: nobody needs to wait for its answer. */
export async function loseAnswer(transaction: Knex.Transaction, store: AnswerStore, { stored }: Once): Promise<void> {
  if (!stored || stored.complete) return;
  await transaction(store.table)
    .where({ ...store.owner, id: stored.id })
    .update({ status: lost });
}

/** Takes away what requests were answered with. A repeat is told that its answer is lost. */
export async function loseAnswers(
  transaction: Knex.Transaction,
  { table, owner }: AnswerStore,
  status: number,
): Promise<void> {
  await transaction(table)
    .where({ ...owner, status })
    .update({ status: lost, answer: null, etag: null });
}

/** Undefined for an answer that is not known yet. */
function shownOf(result: unknown): Pick<Answer, 'text' | 'etag'> | undefined {
  if (result === undefined) return { text: '' };
  const { shown = result } = (result ?? {}) as { shown?: unknown };
  return shown instanceof Rendered ? { text: shown.text, etag: shown.etag } : undefined;
}

interface StoredAnswer {
  id: Uuid;
  fingerprint: Buffer;
  status: number | null;
  answer: Buffer | null;
  etag: string | null;
  is_under_way: boolean;
}

async function replayOf(store: AnswerStore, once: Once, row: StoredAnswer): Promise<Replay> {
  if (!once.fingerprint.equals(row.fingerprint)) {
    throw new DomainError('idempotency_key_reused', 'This Idempotency-Key came with another request before.');
  }
  if (row.is_under_way) throw underWay();
  if (row.answer === null || row.status === null) {
    const detail = 'The request was carried out, but its answer is not known. Look at what it was to change.';
    throw new DomainError('answer_lost', detail);
  }
  const sealed = Sealed.fromBytes(row.answer);
  const opened = once.vault.openBytes(await store.keyOf(sealed), answerPlace(store.table, row.id), sealed);
  return new Replay({ status: row.status, text: opened.toString(), etag: row.etag ?? undefined });
}

const underWay = () =>
  new DomainError('request_in_flight', 'The first request with this Idempotency-Key is still under way.');

async function sealAnswer(store: AnswerStore, vault: Vault, id: Uuid, { status, text, etag = undefined }: Answer) {
  const sealed = vault.seal(await store.dataKey(), answerPlace(store.table, id), Buffer.from(text));
  return { status, answer: sealed.bytes(), etag: etag ?? null };
}

const answerPlace = (table: Table, rowId: Uuid) => ({ table, column: 'answer', rowId });
