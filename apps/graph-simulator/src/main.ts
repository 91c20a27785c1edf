import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { readSettings } from './env.ts';
import { startSimulator } from './simulator.ts';

const settings = readSettings();
const log = createLog({ name: 'graph-simulator', level: settings.logLevel });

try {
  const simulator = await startSimulator({ ...settings.simulator, log });
  stopOnSignal(log, () => simulator.stop());
  announceReady(simulator.port);
  log.info({ url: simulator.url }, 'the graph simulator listens');
} catch (error) {
  process.stderr.write(`${describeStart(error)}\n`);
  process.exit(1);
}

function describeStart(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const { host, port, stateFile } = settings.simulator;
  if (code === 'EADDRINUSE') return `PORT: ${host}:${port} is already in use.`;
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES') return `HOST, PORT: cannot listen on ${host}:${port}.`;
  if (error instanceof SyntaxError) return `STATE_FILE: ${stateFile} is not a state file; remove it to start afresh.`;
  return `The graph simulator cannot start: ${error instanceof Error ? error.message : String(error)}.`;
}
