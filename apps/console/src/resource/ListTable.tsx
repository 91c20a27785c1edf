import { VisuallyHidden } from '@mantine/core';
import { type ColumnDef, tableFeatures, useTable } from '@tanstack/react-table';
import style from './list.module.css';

const features = tableFeatures({});

export type Columns<Row extends object> = readonly ColumnDef<typeof features, Row>[];

interface ListTableProps<Row extends object> {
  label: string;
  rows: Row[];
  columns: Columns<Row>;
  /** The rows are those of before, while the new ones are on their way. */
  isStale?: boolean;
}

/** A table that becomes cards on a phone, where each cell says what it is. */
export function ListTable<Row extends { id: string }>({ label, rows, columns, isStale = false }: ListTableProps<Row>) {
  const table = useTable({
    features,
    columns: columns as ColumnDef<typeof features, Row>[],
    data: rows,
    getRowId: row => row.id,
  });
  return (
    <div className={style.frame} data-stale={isStale || undefined}>
      <table className={style.table} aria-label={label}>
        <thead>
          {table.getHeaderGroups().map(group => (
            <tr key={group.id}>
              {group.headers.map(header => (
                <th key={header.id} scope="col">
                  {header.column.id === 'more' ? (
                    <VisuallyHidden>Actions</VisuallyHidden>
                  ) : (
                    <table.FlexRender header={header} />
                  )}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map(row => (
            <tr key={row.id}>
              {row.getAllCells().map(cell => (
                <td key={cell.id} data-label={labelOf(cell.column.columnDef.header)} data-column={cell.column.id}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const labelOf = (header: unknown): string | undefined => (typeof header === 'string' ? header : undefined);
