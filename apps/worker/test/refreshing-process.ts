// Finds the login that is due, says that it is ready, and checks it when it is told to by SIGUSR2.
import { once } from 'node:events';
import { checkLogin } from '@pagekeeper/domain/facebook/check-login';
import { openServices } from '@pagekeeper/domain/open-services';
import { asSystem } from '@pagekeeper/domain/tenancy/doors';
import { createLog } from '@pagekeeper/runtime/log';
import { announceReady } from '@pagekeeper/runtime/stop';
import { readWorkerVariables } from '../src/env.ts';

const variables = readWorkerVariables();
const services = await openServices(variables, createLog({ name: 'refreshing', level: 'silent' }));
const [login] = await asSystem<Parameters<typeof checkLogin>[2]>(services.database, 'due_logins', 1);
const signal = once(process, 'SIGUSR2');
announceReady(null);
await signal;
const actor = { type: 'job', job: 'facebook.refresh-login', jobId: 'test' } as const;
const { outcome } = await checkLogin({ ...services, actor, requestId: 'test' }, variables.FACEBOOK_APP_ID, login!);
process.stdout.write(`${outcome}\n`);
await services.close();
process.disconnect();
