import { useQuery } from '@tanstack/react-query';
import { useSlug } from '../organizations/organization.ts';
import { TableSkeleton } from '../resource/TableSkeleton.tsx';
import { Checks } from '../shell/Checks.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';
import { healthQuery } from './integration.ts';

/** The connection doctor. */
export function Doctor({ integration }: { integration: string }) {
  const organization = useSlug();
  const { data, error, refetch } = useQuery(healthQuery(organization, integration));
  if (error && !data) return <ProblemNotice error={error} retry={() => void refetch()} />;
  return data ? <Checks label="What must be right" checks={data.checks} /> : <TableSkeleton />;
}
