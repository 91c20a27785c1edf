// `npm run audit`: what is known against the packages that production runs. Without a registry that tells, it says so and
// ends well: nobody's work stops because of a network.
import { spawnSync } from 'node:child_process';

const words = ['audit', '--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0', '--fetch-timeout=30000'];
const { stdout, error } = spawnSync('npm', words, { encoding: 'utf8', maxBuffer: 2 ** 26 });

const found = parse(stdout);
const counts = found?.metadata?.vulnerabilities;
if (error || !counts) {
  const why = error?.message || found?.error?.summary || found?.message || 'no answer';
  process.stdout.write(`The registry could not be asked (${String(why).split('\n')[0]}). Nothing was audited.\n`);
} else {
  const grave = counts.high + counts.critical;
  for (const [name, { severity, range }] of Object.entries(found.vulnerabilities ?? {})) {
    process.stdout.write(`${severity.padEnd(8)} ${name} ${range}\n`);
  }
  process.stdout.write(`${counts.total} known against what production runs, ${grave} of them grave.\n`);
  process.exitCode = grave > 0 ? 1 : 0;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
