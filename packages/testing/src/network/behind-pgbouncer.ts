import { inject } from 'vitest';

const behindPgBouncer = inject('servers').pgBouncerPort !== null;

/**
 * Behind PgBouncer a network has two apis and two workers, of which a test ends, freezes or measures one: the other does
 * the work meanwhile. For `it.skipIf`.
 */
export const processesHaveTwins = behindPgBouncer;

/**
 * Behind PgBouncer statements wait for one of its connections: where the server takes no more of them, nobody is refused
 * at once. For `it.skipIf`.
 */
export const connectionsArePooled = behindPgBouncer;
