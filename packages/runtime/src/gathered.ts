import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Makes one call of many: items that are given in the same turn of the event loop, or while the last run is under way, go
 * together. Runs follow one another.
 * @param run takes the items in their order and gives a result for each; where it fails, each of them hears of it
 */
export function gathered<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: Item[] = [];
  let next: Promise<readonly Result[]> | undefined;
  /** Ends with the last run. */
  let underWay: Promise<unknown> = Promise.resolve();
  return async item => {
    const place = waiting.push(item) - 1;
    if (!next) {
      next = Promise.all([nextTurn(), underWay]).then(() => {
        const items = waiting;
        waiting = [];
        next = undefined;
        return run(items);
      });
      // Whoever gave an item hears of its failure.
      underWay = next.catch(() => {});
    }
    return (await next)[place]!;
  };
}
