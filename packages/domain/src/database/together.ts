import { errorCode } from './errors.ts';

/** "The transaction had failed before": of what came after the statement that failed. */
const failedBefore = '25P02';

/**
 * Waits for all statements of one transaction that were asked for at once, which then travel in one flight. A few: they
 * share the time that one of them may take.
 * @throws the error that the transaction failed with, where there is one
 */
export async function together<const Statements extends readonly unknown[]>(
  statements: Statements,
): Promise<{ -readonly [Index in keyof Statements]: Awaited<Statements[Index]> }> {
  const ends = await Promise.allSettled(statements);
  const errors = ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []));
  if (errors.length > 0) throw errors.find(error => errorCode(error) !== failedBefore) ?? errors[0];
  return ends.map(end => (end as PromiseFulfilledResult<unknown>).value) as never;
}
