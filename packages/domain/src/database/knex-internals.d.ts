// knex ships no types for these two files; only what knex-client.ts touches is declared.
declare module 'knex/lib/dialects/postgres/index.js' {
  import type { ClientBase } from 'pg';

  export interface RunningQuery {
    sql: string;
    bindings?: unknown[];
    options?: Record<string, unknown>;
    response?: unknown;
  }

  export default class PostgresClient {
    config: { namedStatements?: boolean };
    constructor(config: object);
    transaction(container: unknown, config: unknown, outerTransaction: unknown): unknown;
    _query(connection: ClientBase, query: RunningQuery): Promise<RunningQuery>;
  }
}

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  import type { ClientBase } from 'pg';

  export default class PostgresTransaction {
    readOnly?: boolean;
    _completed: boolean;
    _resolver: (value: unknown) => void;
    _rejecter: (error: unknown) => void;
    constructor(client: unknown, container: unknown, config: unknown, outerTransaction: unknown);
    begin(connection: ClientBase): Promise<unknown>;
    commit(connection: ClientBase, value: unknown): Promise<unknown>;
  }
}
