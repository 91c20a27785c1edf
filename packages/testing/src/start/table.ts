/** Rows of label and value, all values in one column; a blank row separates groups. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map(row => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    // The last cell of a row pads nothing, so it must not widen its column.
    Math.max(0, ...rows.filter(row => column < row.length - 1).map(row => row[column]!.length)),
  );
  const format = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ');
  return rows.map(row => `  ${format(row)}`.trimEnd()).join('\n');
}
