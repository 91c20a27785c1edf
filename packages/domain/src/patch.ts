/** The fields of a patch that differ from the row, with both values, for the audit log. */
export function changesOf<Row extends object>(
  row: Row,
  patch: Partial<Row>,
): Record<string, { from: unknown; to: unknown }> {
  const changes: Record<string, { from: unknown; to: unknown }> = {};
  for (const [field, to] of Object.entries(patch)) {
    const from = row[field as keyof Row];
    if (to !== undefined && JSON.stringify(from) !== JSON.stringify(to)) changes[field] = { from, to };
  }
  return changes;
}
