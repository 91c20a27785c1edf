import { inject, it } from 'vitest';

type Test = ReturnType<typeof it.skipIf>;

const behindPgBouncer = inject('servers').pgBouncerPort !== null;

/** Behind PgBouncer a network has two apis and two workers. */
export const processesHaveTwins = behindPgBouncer;

/** A test that ends, freezes or measures one certain process: a twin would do the work meanwhile. */
export const itWithoutTwins: Test = it.skipIf(processesHaveTwins);

/**
 * A test in which the server refuses connections. Left out behind PgBouncer: there statements wait for one of its
 * connections, and nobody is refused at once.
 */
export const itWithoutPooler: Test = it.skipIf(behindPgBouncer);

/** A test that asks an api which is not ready: before two of them stands a balancer, which sends it nobody. */
export const itWithoutBalancer: Test = it.skipIf(behindPgBouncer);
