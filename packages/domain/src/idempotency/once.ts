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
  /** Set by the first writing door: the answers of an organization, or of a person. */
  stored?: { id: Uuid; complete: boolean };
}

type Table = 'idempotency_keys' | 'personal_idempotency_keys';

/** After that a request which has not said how it ended died with its process. */
const underWayMinutes = 5;
/** No status of HTTP's: in place of one where there is no answer and will be none. */
const lost = 0;

/** The request was carried out before: this is what it was answered with. Not a failure. */
export class Replay extends Error {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    super('answered before');
    this.status = status;
    this.text = text;
  }
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
 * @throws Replay, or DomainError `request_in_flight`, `idempotency_key_reused`, `answer_lost`
 */
export async function actOnce<Result>(
  transaction: Knex.Transaction,
  store: AnswerStore,
  once: Once,
  work: () => PromiseLike<Result>,
): Promise<Result> {
  await replayStored(transaction, store, once);
  const keyHash = keyHashOf(once);
  const { rows } = await transaction.raw('select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as free', [
    `${store.table} ${keyHash.toString('hex')}`,
  ]);
  if (!rows[0].free) throw underWay();
  // Whoever held the lock may have committed between the two statements.
  await replayStored(transaction, store, once);
  const result = await work();
  const text = answerOf(result);
  const id = newId();
  await transaction(store.table).insert({
    ...store.owner,
    ...store.about,
    id,
    key_hash: keyHash,
    fingerprint: once.fingerprint,
    ...(text !== undefined && (await sealAnswer(store, once.vault, id, { status: once.status, text }))),
  });
  once.stored = { id, complete: text !== undefined };
  return result;
}

const keyHashOf = ({ vault, key }: Once): Buffer => vault.hash('idempotency', key);

/**
 * Answers what was answered before: for {@link actOnce}, and for a verb that looks at other things before its first
 * writing door, which may have changed since.
 * @throws as `actOnce`; nothing for a request that is new
 */
export async function replayStored(transaction: Knex.Transaction, store: AnswerStore, once: Once): Promise<void> {
  const row = await transaction(store.table)
    .where({ ...store.owner, key_hash: keyHashOf(once) })
    .first(
      'id',
      'fingerprint',
      'status',
      'answer',
      transaction.raw(`status is null and created_at > now() - interval '${underWayMinutes} minutes' as is_under_way`),
    );
  if (row) throw await replayOf(store, once, row);
}

/** Adds the answer of a verb that went on after its transaction. */
export async function completeAnswer(
  transaction: Knex.Transaction,
  store: AnswerStore,
  once: Once,
  answer: { status: number; text: string },
): Promise<void> {
  const { stored } = once;
  if (!stored || stored.complete) return;
  const row = { ...store.owner, id: stored.id };
  await transaction(store.table)
    .where(row)
    .update(await sealAnswer(store, once.vault, stored.id, answer));
  stored.complete = true;
}

/** The verb failed after its transaction: nobody needs to wait for its answer. */
export async function loseAnswer(transaction: Knex.Transaction, store: AnswerStore, { stored }: Once): Promise<void> {
  if (!stored || stored.complete) return;
  await transaction(store.table)
    .where({ ...store.owner, id: stored.id })
    .update({ status: lost });
}

/** Undefined for an answer that is not known yet. */
function answerOf(result: unknown): string | undefined {
  if (result === undefined) return '';
  if (result instanceof Rendered) return result.text;
  const { shown } = (result ?? {}) as { shown?: unknown };
  return shown instanceof Rendered ? shown.text : undefined;
}

interface StoredAnswer {
  id: Uuid;
  fingerprint: Buffer;
  status: number | null;
  answer: Buffer | null;
  is_under_way: boolean;
}

async function replayOf(store: AnswerStore, once: Once, row: StoredAnswer): Promise<Error> {
  if (!once.fingerprint.equals(row.fingerprint)) {
    return new DomainError('idempotency_key_reused', 'This Idempotency-Key came with another request before.');
  }
  if (row.is_under_way) return underWay();
  if (row.answer === null || row.status === null) {
    const detail = 'The request was carried out, but its answer is not known. Look at what it was to change.';
    return new DomainError('answer_lost', detail);
  }
  const sealed = Sealed.fromBytes(row.answer);
  const opened = once.vault.openBytes(await store.keyOf(sealed), answerPlace(store.table, row.id), sealed);
  return new Replay(row.status, opened.toString());
}

const underWay = () =>
  new DomainError('request_in_flight', 'The first request with this Idempotency-Key is still under way.');

async function sealAnswer(store: AnswerStore, vault: Vault, id: Uuid, answer: { status: number; text: string }) {
  const sealed = vault.seal(await store.dataKey(), answerPlace(store.table, id), Buffer.from(answer.text));
  return { status: answer.status, answer: sealed.bytes() };
}

const answerPlace = (table: Table, rowId: Uuid) => ({ table, column: 'answer', rowId });
