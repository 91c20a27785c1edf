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
  /** In place of `changes` for an app that does not want values. */
  changed_fields?: string[];
  messaging?: unknown[];
  standby?: unknown[];
}

/** The body of one POST. Neighbouring changes of a Page share an entry; each messaging item has its own. */
export function bodyOf(changes: readonly Change[], includeValues = true): { object: 'page'; entry: Entry[] } {
  const entry: Entry[] = [];
  for (const change of changes) {
    if (change.list !== 'changes') {
      entry.push({ id: change.pageId, time: change.atMs, [change.list]: [change.value] });
      continue;
    }
    const last = entry.at(-1);
    const isNeighbour = last?.id === change.pageId && (last.changes ?? last.changed_fields) !== undefined;
    const place: Entry = isNeighbour ? last : { id: change.pageId, time: 0 };
    if (!isNeighbour) entry.push(place);
    place.time = Math.floor(change.atMs / 1000);
    if (includeValues) place.changes = [...(place.changes ?? []), { field: change.field, value: change.value }];
    else place.changed_fields = [...new Set([...(place.changed_fields ?? []), change.field])];
  }
  return { object: 'page', entry };
}
