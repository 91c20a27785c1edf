import { Button, Group, SegmentedControl, Stack, VisuallyHidden } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { OutOfDate } from '../shell/OutOfDate.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { EmptyState } from './EmptyState.tsx';
import { type Filter, Filters } from './Filters.tsx';
import { type Columns, ListTable } from './ListTable.tsx';
import style from './list.module.css';
import type { Search } from './list-search.ts';
import { TableSkeleton } from './TableSkeleton.tsx';

export interface Page<Row> {
  data: Row[];
  has_more: boolean;
  next_cursor: string | null;
}

interface ResourceListProps<Row extends { id: string }> {
  /** What the rows are called, for those who listen. */
  label: string;
  /** Of the cache; what the address says is added. */
  queryKey: readonly unknown[];
  load(search: Search): Promise<Page<Row>>;
  columns: Columns<Row>;
  filters?: readonly Filter[];
  /** Shows the deactivated ones too, on a tab of their own, which is called this. */
  inactiveLabel?: string;
  /** What to do when there is nothing yet. */
  empty: { title: string; detail: string; action?: ReactNode };
  refetchMs?: number;
}

/** One list behind everything that there are many of. What it shows is in the address: filters, tab and cursor. */
export function ResourceList<Row extends { id: string }>(props: ResourceListProps<Row>) {
  const { label, queryKey, load, columns, filters = [], inactiveLabel, refetchMs } = props;
  const search: Search = useSearch({ strict: false });
  const change = useChange();
  const turn = useChange({ resetScroll: true });
  const query = useQuery({
    queryKey: [...queryKey, search],
    queryFn: () => load(search),
    placeholderData: keepPreviousData,
    ...(refetchMs && { refetchInterval: refetchMs }),
  });
  const { data, error, refetch, isPlaceholderData } = query;
  return (
    <Stack gap="md">
      {(inactiveLabel || filters.length > 0) && (
        <div className={style.filters}>
          {inactiveLabel && <Tabs label={label} inactiveLabel={inactiveLabel} active={search.active} change={change} />}
          <Filters filters={filters} search={search} change={change} />
        </div>
      )}
      <VisuallyHidden role="status">
        {data ? `${data.data.length} ${label} shown` : error ? '' : 'Loading'}
      </VisuallyHidden>
      <OutOfDate query={query} />
      {error && !data ? (
        <ProblemNotice error={error} retry={() => void refetch()} />
      ) : !data ? (
        <TableSkeleton />
      ) : data.data.length === 0 ? (
        <Nothing {...props} search={search} clear={() => change(() => ({}))} />
      ) : (
        <ListTable label={label} rows={data.data} columns={columns} isStale={isPlaceholderData} />
      )}
      <Pages page={data} search={search} change={turn} />
    </Stack>
  );
}

type Change = (next: (search: Search) => Search) => void;

/** Changes the address; a filter begins at the first page again. @param resetScroll another page begins at its top */
function useChange({ resetScroll = false } = {}): Change {
  const navigate = useNavigate();
  return next => void navigate({ to: '.', search: ((before: Search) => next(before)) as never, resetScroll });
}

function Tabs({
  label,
  inactiveLabel,
  active = 'true',
  change,
}: {
  label: string;
  inactiveLabel: string;
  active: string | undefined;
  change: Change;
}) {
  return (
    <SegmentedControl
      className={style.tabs!}
      aria-label={`Which ${label}`}
      value={active}
      onChange={value =>
        change(({ cursor: _, active: __, ...rest }) => (value === 'true' ? rest : { ...rest, active: value }))
      }
      data={[
        { value: 'true', label: 'Active' },
        { value: 'false', label: inactiveLabel },
      ]}
    />
  );
}

function Nothing<Row extends { id: string }>({
  search,
  empty,
  clear,
  inactiveLabel,
}: ResourceListProps<Row> & { search: Search; clear(): void }) {
  if (search.cursor) {
    return (
      <EmptyState
        title="Nothing more"
        detail="This was the last page."
        action={<Clear onClick={clear} label="Go to the first page" />}
      />
    );
  }
  const { active, ...others } = search;
  if (Object.keys(others).length > 0) {
    return (
      <EmptyState
        title="Nothing fits"
        detail="Nothing fits these filters."
        action={<Clear onClick={clear} label="Clear the filters" />}
      />
    );
  }
  if (active === 'false') {
    return (
      <EmptyState
        title={`Nothing is ${inactiveLabel?.toLowerCase()}`}
        detail="What you deactivate is kept here, and can be restored."
      />
    );
  }
  return <EmptyState {...empty} />;
}

const Clear = ({ onClick, label }: { onClick(): void; label: string }) => (
  <Button variant="default" onClick={onClick}>
    {label}
  </Button>
);

function Pages({ page, search, change }: { page: Page<unknown> | undefined; search: Search; change: Change }) {
  const next = page?.has_more ? page.next_cursor : null;
  if (!search.cursor && !next) return null;
  return (
    <Group justify="space-between">
      <Button variant="default" disabled={!search.cursor} onClick={() => change(({ cursor: _, ...rest }) => rest)}>
        First page
      </Button>
      <Button variant="default" disabled={!next} onClick={() => change(before => ({ ...before, cursor: next! }))}>
        Next page
      </Button>
    </Group>
  );
}
