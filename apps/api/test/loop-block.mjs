// Loaded into the api by bombs.test.ts: SIGUSR2 makes it tell how long at most its event loop was blocked since the last
// one. Counted in the thread's own CPU time where Linux tells it (proc(5), schedstat): what else the machine does at the
// same time blocks nobody in here.
import { closeSync, openSync, readSync } from 'node:fs';

const buffer = Buffer.alloc(64);
const file = process.platform === 'linux' ? openSync('/proc/thread-self/schedstat', 'r') : null;
if (file !== null) process.once('exit', () => closeSync(file));

function nowMs() {
  if (file === null) return performance.now();
  const bytes = readSync(file, buffer, 0, buffer.length, 0);
  return Number(buffer.toString('latin1', 0, bytes).split(' ', 1)[0]) / 1e6;
}

let last = nowMs();
let longest = 0;

setInterval(() => {
  const now = nowMs();
  longest = Math.max(longest, now - last);
  last = now;
}, 1).unref();

process.on('SIGUSR2', () => {
  process.stderr.write(`event loop blocked for ${Math.round(longest)} ms\n`);
  longest = 0;
});
