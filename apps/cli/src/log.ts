import { createLog, type Log } from '@pagekeeper/runtime/log';
import { isDebug } from './env.ts';

/** What the code below us logs: warnings as plain lines on standard error, where nobody expects JSON. */
export function openLog(): Log {
  const write = (line: string) => {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    process.stderr.write(isDebug() ? line : `${[msg, err?.message].filter(Boolean).join(': ')}\n`);
  };
  return createLog({ name: 'cli', level: isDebug() ? 'debug' : 'warn', destination: { write } });
}
