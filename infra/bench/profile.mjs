// Loaded into the api by `--profile folder`: SIGUSR2 starts a CPU profile, the next one writes it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const folder = new URL(import.meta.url).searchParams.get('folder') ?? '.';
let session = null;
let taken = 0;

process.on('SIGUSR2', async () => {
  if (!session) {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = null;
  taken += 1;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `api-${process.pid}-${taken}.cpuprofile`), JSON.stringify(profile));
});
