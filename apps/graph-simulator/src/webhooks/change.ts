/** One thing that happened on a Page, as it is told to the app. */
export interface Change {
  id: string;
  pageId: string;
  /** The webhook field it belongs to: feed, messages, message_echoes, … */
  field: string;
  /** The list in the entry that carries it. */
  list: 'changes' | 'messaging' | 'standby';
  value: Record<string, unknown>;
  /** Virtual milliseconds. */
  atMs: number;
}

export interface Entry {
  id: string;
  /** Seconds for changes, milliseconds for messaging, as with Meta. */
  time: number;
  changes?: { field: string; value: unknown }[];
  messaging?: unknown[];
  standby?: unknown[];
}

/** The body of one POST. Neighbouring changes of a Page share an entry; each messaging item has its own. */
export function bodyOf(changes: readonly Change[]): { object: 'page'; entry: Entry[] } {
  const entry: Entry[] = [];
  for (const change of changes) {
    const last = entry.at(-1);
    if (change.list !== 'changes') {
      entry.push({ id: change.pageId, time: change.atMs, [change.list]: [change.value] });
    } else if (last?.changes && last.id === change.pageId) {
      last.changes.push({ field: change.field, value: change.value });
      last.time = Math.floor(change.atMs / 1000);
    } else {
      entry.push({
        id: change.pageId,
        time: Math.floor(change.atMs / 1000),
        changes: [{ field: change.field, value: change.value }],
      });
    }
  }
  return { object: 'page', entry };
}
