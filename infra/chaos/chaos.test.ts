import { spawn } from 'node:child_process';
import { findRedis } from '@pagekeeper/testing/redis';
import { describe, expect, it } from 'vitest';

/** Runs the command as a person does. Gives back its exit code and what it printed. */
function runChaos(words: string[]): Promise<{ code: number | null; output: string; told: string }> {
  const child = spawn(process.execPath, ['infra/scripts/run.mjs', 'infra/chaos/run.ts', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    told += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, output, told }));
  });
}

describe.skipIf(!findRedis())('npm run chaos', () => {
  it('kills api and workers at every point and at random: nothing lost, nothing doubled', async () => {
    const { code, output, told } = await runChaos(['--json', '--quick', '--only', 'kills,recovery']);
    expect(code, told).toBe(0);
    const [result, recovery] = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(result).toMatchObject({ scenario: 'kills', queue: 'redis', doubled: 0, lost: 0, broken: [] });
    expect(result.kills).toBeGreaterThanOrEqual(30);
    for (const point of ['inbox.after_commit', 'reply.before_http', 'reply.after_http', 'reply.after_look']) {
      expect(result.details[point]).toBeGreaterThanOrEqual(2);
    }
    expect(result.eligible).toBeGreaterThan(100);
    expect(result.processed).toBe(result.acknowledged);
    expect(result.replies + result.unknown).toBe(result.eligible);
    expect(result.replies).toBeGreaterThanOrEqual(result.eligible * 0.95);
    expect(recovery).toMatchObject({ scenario: 'recovery', doubled: 0, lost: 0, broken: [] });
    expect(recovery.details.recovery_seconds).toBeGreaterThan(0);
  }, 600_000);
});
