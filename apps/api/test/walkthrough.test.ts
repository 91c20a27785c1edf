import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { demoPassword, seedDemo } from '@pagekeeper/testing/demo';
import { examplesOf, outputPattern, sectionOf } from '@pagekeeper/testing/markdown';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { Persona } from '@pagekeeper/testing/network/persona';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { type RunningCluster, startRedisCluster } from '@pagekeeper/testing/redis-cluster';
import { afterAll, beforeAll, expect, it } from 'vitest';

/**
 * The README's walkthrough, run as it stands there: its bash blocks are one script, only the two addresses are
 * replaced, and what each block prints is compared with the `text` block below it.
 *
 * Against a system that runs already (`npm start`), instead of one of its own:
 *
 *     WALKTHROUGH_API_URL=http://localhost:4000 WALKTHROUGH_SIMULATOR_URL=http://localhost:4700 \
 *       WALKTHROUGH_MAIL_URL=http://localhost:4800 npx vitest run apps/api/test/walkthrough.test.ts
 *
 * With WALKTHROUGH_QUEUE=cluster its own system has a Redis Cluster of three masters.
 */

const { WALKTHROUGH_API_URL, WALKTHROUGH_SIMULATOR_URL, WALKTHROUGH_MAIL_URL, WALKTHROUGH_QUEUE } = process.env;

const readme = readFileSync(`${repositoryFolder}README.md`, 'utf8');
const examples = examplesOf(sectionOf(readme, '## Walkthrough'), 'bash');

let network: Network | undefined;
let cluster: RunningCluster | undefined;

beforeAll(async () => {
  if (WALKTHROUGH_API_URL) return;
  if (WALKTHROUGH_QUEUE === 'cluster') cluster = await startRedisCluster();
  network = await startNetwork({ mail: true, ...(cluster && { redisUrl: cluster.url, isCluster: true }) });
  const { apiUrl, simulator, database } = network;
  await seedDemo({ apiUrl, publicUrl: apiUrl, simulatorUrl: simulator.url, databaseUrl: database.urls.app });
}, 60_000);

afterAll(async () => {
  await network?.stop();
  await cluster?.stop();
});

it('prints what the README says', { timeout: 120_000 }, async () => {
  const script = examples.map(({ code }) => withAddresses(code.text)).join(`\nprintf '${separator}'\n`);
  const outputs = (await runBash(script)).split(separator);
  for (const [index, { code, output }] of examples.entries()) {
    const printed = (outputs[index] ?? 'It was not reached.').trim();
    expect(printed, `the block in line ${code.line} of README.md`).toMatch(outputPattern(output?.text ?? ''));
  }
  await network?.settle();
});

it('answers each of the guide’s reads in one request', { timeout: 60_000 }, async () => {
  const requests = [...sectionOf(readme, '### Its reads, each one request').matchAll(/`GET (\/v1\/[^`]*)`/g)];
  expect(requests.length).toBeGreaterThan(12);
  const owner = new Persona(WALKTHROUGH_API_URL ?? network!.apiUrl, 'owner');
  const credentials = { email: 'owner@acme.example', password: demoPassword };
  await owner.expect(200, owner.post('/auth/sign-in/email', credentials));
  for (const [, path] of requests) await owner.expect(200, owner.get(path!));
});

it('shows the addresses that npm start has by default', () => {
  expect(examples[0]?.code.text).toContain(
    'API=http://localhost:4000\nSIM=http://localhost:4700\nMAIL=http://localhost:4800\n',
  );
});

const separator = '\x1e';

function withAddresses(code: string): string {
  const apiUrl = WALKTHROUGH_API_URL ?? network!.apiUrl;
  const simulatorUrl = WALKTHROUGH_SIMULATOR_URL ?? network?.simulator.url ?? 'http://localhost:4700';
  const mailUrl = WALKTHROUGH_MAIL_URL ?? network?.mailUrl ?? 'http://localhost:4800';
  return code
    .replaceAll('http://localhost:4000', apiUrl)
    .replaceAll('http://localhost:4700', simulatorUrl)
    .replaceAll('http://localhost:4800', mailUrl);
}

/** Runs a script as a terminal would show it: both streams in one. Whatever it printed before a failure is kept. */
function runBash(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const bash = spawn('bash', ['-c', `set -euo pipefail; exec 2>&1\n${script}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => bash.kill('SIGKILL'), 90_000);
    bash.stdout.on('data', chunk => chunks.push(chunk));
    bash.on('error', reject);
    bash.on('close', code => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString();
      resolve(code === 0 ? output : `${output}\n(bash ended with ${code ?? 'a signal'})`);
    });
  });
}
