import { DomainError } from '../errors.ts';
import { maxNestedLetters } from '../resource.ts';

/** What the nested rows of one answer may still take: configs and descriptions can be long, and rows many. */
export class Room {
  #left = maxNestedLetters;

  /**
   * @param letters of JSON
   * @throws DomainError `invalid_request` once there is no room left
   */
  take(letters: number): void {
    this.#left -= letters;
    if (this.#left >= 0) return;
    const detail =
      'The nested rows are too many for one answer. Ask for fewer with `limit`, or for the lists themselves.';
    throw new DomainError('invalid_request', detail, [{ pointer: 'include', code: 'too_large', detail }]);
  }

  /** @param rows of a resource */
  takeRows(rows: readonly Record<string, unknown>[]): void {
    this.take(rows.reduce((sum, { fields }) => sum + (fields as string).length, 0));
  }
}
