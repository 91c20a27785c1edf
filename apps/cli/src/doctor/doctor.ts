import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { examineApp } from './examine-app.ts';
import { examineDatabase } from './examine-database.ts';
import type { Finding } from './finding.ts';

const marks = { ok: '✓', warning: '!', failed: '✗' } as const;

/** Looks at everything that a running system rests on. Sets the exit code to 1 when something is broken. */
export async function examine(output: Output): Promise<void> {
  const findings: Finding[] = [];
  for (const look of [...examineDatabase, ...examineApp]) {
    const found = await look().catch(error => (error instanceof UsageError ? notSet(error) : Promise.reject(error)));
    // A variable may be missed by several of them.
    const isNews = ({ detail }: Finding) => !findings.some(finding => finding.detail === detail);
    findings.push(...[found].flat().filter(isNews));
  }
  const broken = findings.filter(({ state }) => state === 'failed').length;
  output.result(
    { findings, broken },
    findings.flatMap(({ what, state, detail, fix }) => [
      `${marks[state]} ${what.padEnd(10)} ${detail}`,
      ...(fix ? [`${' '.repeat(13)}→ ${fix}`] : []),
    ]),
  );
  if (broken > 0) process.exitCode = 1;
}

function notSet(error: UsageError): Finding[] {
  return error.message
    .split('\n')
    .map(detail => ({ what: 'variables', state: 'failed', detail, fix: '.env.example says what it is for.' }));
}
