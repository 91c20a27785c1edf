import { useQuery } from '@tanstack/react-query';
import { useSlug } from '../organizations/organization.ts';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { Checks } from '../shell/Checks.tsx';
import { OutOfDate } from '../shell/OutOfDate.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { healthQuery } from './integration.ts';

/** The connection doctor. */
export function Doctor({ integration }: { integration: string }) {
  const organization = useSlug();
  const query = useQuery(healthQuery(organization, integration));
  const { data, error, refetch } = query;
  if (error && !data) return <ProblemNotice error={error} retry={() => void refetch()} />;
  if (!data) return <TableSkeleton />;
  return (
    <div>
      <OutOfDate query={query} />
      <Checks label="What must be right" checks={data.checks} />
    </div>
  );
}
