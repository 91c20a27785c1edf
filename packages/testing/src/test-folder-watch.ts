import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeTestFolder } from './test-folder.ts';

// Runs beside a test run (see test-folder.ts). Standard input ends when that run's process has gone.
const path = process.argv[2] ?? '';
const attempts = 20;
const betweenMs = 500;

async function removeAfterwards(): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // The run's own children need a moment to notice, and until then still start and write things.
    await sleep(betweenMs);
    if (!existsSync(path)) return;
    try {
      removeTestFolder(path);
    } catch {
      // Something still writes; the next attempt comes.
    }
  }
}

process.stdin.on('end', removeAfterwards).resume();
