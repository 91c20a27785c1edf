/**
 * For every pool of ours: the server's own timeouts are of no help when the network swallows its answer. Longer than
 * the roles' `statement_timeout`, so that the server's word comes first.
 */
export const patience = {
  query_timeout: 12_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;
