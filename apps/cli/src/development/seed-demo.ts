import { findVariables, isProduction, readVariables } from '../env.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { runInCheckout } from './run-in-checkout.ts';

/** Seeds the demo into a running system of development. */
export async function seed(output: Output): Promise<void> {
  const variables = readVariables('PUBLIC_URL', 'FACEBOOK_GRAPH_URL', 'DATABASE_URL', 'MIGRATION_DATABASE_URL');
  if (isProduction()) throw new UsageError('There is no demo in production: set NODE_ENV=development.');
  const { PUBLIC_URL, FACEBOOK_GRAPH_URL, DATABASE_URL, MIGRATION_DATABASE_URL } = variables;
  if (new URL(FACEBOOK_GRAPH_URL).hostname === 'graph.facebook.com') {
    throw new UsageError('FACEBOOK_GRAPH_URL: must be the simulator, which the demo is made on.');
  }
  const done = await runInCheckout<{ made: boolean; logins: string[]; password: string }>('seed', [], {
    API_URL: PUBLIC_URL,
    SIMULATOR_URL: FACEBOOK_GRAPH_URL,
    DATABASE_URL,
    MIGRATION_DATABASE_URL,
    ...(findVariables('QUEUE_DATABASE_URL', 'REDIS_URL', 'REDIS_CLUSTER', 'QUEUE_PREFIX') as Record<string, string>),
  });
  const logins = done.logins.join(', ');
  output.result(
    done,
    done.made ? `Made the demo. Sign in as ${logins}; ${done.password}` : 'The demo is there already.',
  );
}
