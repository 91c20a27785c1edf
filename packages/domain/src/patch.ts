export type Changes = Record<string, { from: unknown; to: unknown }>;

/** The fields of a patch that differ from the row, with both values, for the audit log. Null where none does. */
export function changesOf<Row extends object>(row: Row, patch: Partial<Row>): Changes | null {
  const changes: Changes = {};
  for (const [field, to] of Object.entries(patch)) {
    const from = row[field as keyof Row];
    if (to !== undefined && JSON.stringify(from) !== JSON.stringify(to)) changes[field] = { from, to };
  }
  return Object.keys(changes).length > 0 ? changes : null;
}
