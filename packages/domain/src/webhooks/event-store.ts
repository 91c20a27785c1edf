import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Log } from '@pagekeeper/runtime/log';
import pg from 'pg';
import { byteaArray, int4Array, textArray, uuidArray } from '../database/binary-arrays.ts';
import { patience } from '../database/patience.ts';
import { DomainError } from '../errors.ts';
import { publicId, type Uuid } from '../ids.ts';

/** A sealed change on its way into `webhook_events`. */
export interface EventRow {
  id: Uuid;
  pageId: string;
  organizationId: Uuid;
  integrationId: Uuid;
  generation: number;
  kind: string;
  personHash: Buffer | null;
  threadHash: Buffer | null;
  payload: Buffer;
}

export type InsertOutcome = 'stored' | 'duplicate' | 'stale';

export interface EventStore {
  /** Resolves after the commit, with one outcome per row. */
  insert(rows: readonly EventRow[]): Promise<InsertOutcome[]>;
  close(): Promise<void>;
}

export interface EventStoreOptions {
  /** The app role's URL. */
  databaseUrl: string;
  /** Off behind PgBouncer in transaction mode. */
  namedStatements: boolean;
  log: Log;
}

interface Waiting {
  rows: readonly EventRow[];
  resolve(outcomes: InsertOutcome[]): void;
  reject(error: unknown): void;
}

const maxRowsPerStatement = 1_000;
/** Two overlap one's commit with the other's work; four were slower (measured). */
const maxInFlight = 2;

/**
 * Group commit: what arrives while statements are under way goes into the next one, many deliveries in one commit.
 * No timer: an idle inbox stores at once, a busy one in large batches.
 */
export function openEventStore({ databaseUrl, namedStatements, log }: EventStoreOptions): EventStore {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: maxInFlight, ...patience });
  pool.on('error', error => log.warn({ err: error }, 'inbox connection lost'));
  const name = namedStatements ? 'insert_webhook_events' : undefined;
  const insert: Insert = rows => insertRows(pool, name, rows);
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let scheduled = false;

  const schedule = () => {
    if (scheduled || inFlight >= maxInFlight || waiting.length === 0) return;
    scheduled = true;
    setImmediate(flush);
  };

  const flush = () => {
    scheduled = false;
    const group = takeGroup();
    if (group.length === 0) return;
    inFlight += 1;
    void insertGroup(insert, log, group).finally(() => {
      inFlight -= 1;
      schedule();
    });
    schedule();
  };

  const takeGroup = (): Waiting[] => {
    let rows = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || rows + waiting[count]!.rows.length <= maxRowsPerStatement)) {
      rows += waiting[count]!.rows.length;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  return {
    insert: rows =>
      new Promise((resolve, reject) => {
        waiting.push({ rows, resolve, reject });
        schedule();
      }),
    async close() {
      const rest = waiting;
      waiting = [];
      for (const { reject } of rest) reject(new DomainError('unavailable', 'The inbox is closing.'));
      await pool.end();
    },
  };
}

type Insert = (rows: readonly EventRow[]) => Promise<InsertOutcome[]>;

async function insertGroup(insert: Insert, log: Log, group: readonly Waiting[]): Promise<void> {
  try {
    failpoint('inbox.before_commit');
    const all = group.length === 1 ? group[0]!.rows : group.flatMap(({ rows }) => rows);
    const outcomes = await insert(all);
    failpoint('inbox.after_commit');
    let start = 0;
    for (const { rows, resolve } of group) {
      resolve(outcomes.slice(start, start + rows.length));
      start += rows.length;
    }
    tellOfStored(log, all, outcomes);
  } catch (error) {
    // One bad row fails its statement. Halves find the delivery it came with; the others are stored.
    if (group.length === 1 || !isRowFault(error)) {
      for (const { reject } of group) reject(error);
      return;
    }
    const middle = group.length >> 1;
    await Promise.all([
      insertGroup(insert, log, group.slice(0, middle)),
      insertGroup(insert, log, group.slice(middle)),
    ]);
  }
}

/** One line a commit, however many events it has. By an event's id one finds what the workers did with it. */
function tellOfStored(log: Log, rows: readonly EventRow[], outcomes: readonly InsertOutcome[]): void {
  if (!log.isLevelEnabled('info')) return;
  const event_ids = rows.filter((_, index) => outcomes[index] === 'stored').map(({ id }) => publicId('event', id));
  if (event_ids.length > 0) log.info({ event_ids }, 'events stored');
}

/** Data exceptions and constraint violations belong to a row; everything else would fail again. */
const isRowFault = (error: unknown): boolean => /^(22|23)/.test(String((error as { code?: unknown }).code));

async function insertRows(
  pool: pg.Pool,
  name: string | undefined,
  rows: readonly EventRow[],
): Promise<InsertOutcome[]> {
  const { rows: notStored } = await pool.query({
    ...(name && { name }),
    text: 'select row_position::int, outcome from router.insert_webhook_events($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      uuidArray(rows.map(row => row.id)),
      textArray(rows.map(row => row.pageId)),
      uuidArray(rows.map(row => row.organizationId)),
      uuidArray(rows.map(row => row.integrationId)),
      int4Array(rows.map(row => row.generation)),
      textArray(rows.map(row => row.kind)),
      byteaArray(rows.map(row => row.personHash)),
      byteaArray(rows.map(row => row.threadHash)),
      byteaArray(rows.map(row => row.payload)),
    ],
  });
  const outcomes = new Array<InsertOutcome>(rows.length).fill('stored');
  for (const { row_position, outcome } of notStored) outcomes[row_position - 1] = outcome;
  return outcomes;
}
