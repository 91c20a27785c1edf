// A process that takes a job and holds it until it is killed. Its connection comes as JSON in the first argument.
import { createLog } from '@pagekeeper/runtime/log';
import { runWorker } from '../src/worker.ts';
import { refresh } from './jobs.ts';

const { connection, prefix } = JSON.parse(process.argv[2] ?? '{}');
await runWorker({
  connection,
  prefix,
  log: createLog({ name: 'crashing', level: 'silent' }),
  jobs: [refresh],
  handlers: {
    'facebook.refresh': () => {
      process.send?.('holding');
      return new Promise<never>(() => {});
    },
  },
  schedules: [],
  concurrency: 1,
});
