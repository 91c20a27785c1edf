import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeTestFolder } from './test-folder.ts';

// Runs beside a test run (see test-folder.ts). Standard input ends when that run's process has gone.
const path = process.argv[2] ?? '';
const maxChecks = 40;
const betweenMs = 500;
// Vitest's workers outlive their parent for a moment, and the test that one is in still starts and writes things.
const quietChecks = 5;

async function removeAfterwards(): Promise<void> {
  let quiet = 0;
  for (let check = 0; check < maxChecks && quiet < quietChecks; check += 1) {
    await sleep(betweenMs);
    quiet = existsSync(path) ? 0 : quiet + 1;
    if (quiet === 0) tryToRemove();
  }
}

function tryToRemove(): void {
  try {
    removeTestFolder(path);
  } catch {
    // Something still writes; the next check comes.
  }
}

process.stdin.on('end', () => void removeAfterwards()).resume();
