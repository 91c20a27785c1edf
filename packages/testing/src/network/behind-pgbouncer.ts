import { inject, it } from 'vitest';

const behindPgBouncer = inject('servers').pgBouncerPort !== null;

/**
 * A test that ends, freezes or measures one certain process. Left out behind PgBouncer: a network has two of each there,
 * and the other one does the work meanwhile.
 */
export const itWithoutTwins = it.skipIf(behindPgBouncer);

/**
 * A test in which the server refuses connections. Left out behind PgBouncer: there statements wait for one of its
 * connections, and nobody is refused at once.
 */
export const itWithoutPooler = it.skipIf(behindPgBouncer);
