import { existsSync } from 'node:fs';
import { readTestEnvironment } from './env.ts';

/** Debian's. */
export const chromiumPath = '/usr/bin/chromium';

/** With CI=true a missing browser is a failure, not a skip. */
export const hasChromium = existsSync(chromiumPath) || readTestEnvironment().isCi;
