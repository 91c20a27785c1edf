import { entryOf, type StartedProcess, startProcess } from '../processes.ts';
import { freePort } from '../system/ports.ts';
import { startBalancer } from './balancer.ts';

export interface Stoppable {
  stop(): Promise<unknown>;
}

interface TwinOptions {
  /** Where the two apis are found as one. */
  apiPort: number;
  apiPorts: readonly number[];
  startApiOn(port: number): Promise<Stoppable>;
  startWorker(): Promise<Stoppable | null>;
}

/** A second api and a second worker, and a balancer before the two apis. */
export const startTwins = ({ apiPort, apiPorts, startApiOn, startWorker }: TwinOptions) =>
  Promise.all([startBalancer(apiPort, apiPorts, { whenNoneIsReady: 'try' }), startApiOn(apiPorts[1]!), startWorker()]);

/** A mail as the catcher shows it. */
export interface CaughtMail {
  subject: string;
  text: string;
  html: string;
}

export async function startMailCatcher(env: Record<string, string>, output: string[]): Promise<StartedProcess> {
  const smtpPort = String(await freePort());
  env.SMTP_URL = `smtp://127.0.0.1:${smtpPort}`;
  return await startApp('mail-catcher', { PORT: '0', SMTP_PORT: smtpPort }, output);
}

export function startApp(folder: string, env: Record<string, string>, output: string[]): Promise<StartedProcess> {
  return startProcess({
    name: folder,
    entry: entryOf(folder),
    env,
    onLine: line => output.push(line),
  });
}
