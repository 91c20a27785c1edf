import { createLog } from '@pagekeeper/runtime/log';
import { announceReady, stopOnSignal } from '@pagekeeper/runtime/stop';
import { startCatcher } from './catcher.ts';
import { readSettings } from './env.ts';

const settings = readSettings();
const log = createLog({ name: 'mail-catcher', level: settings.LOG_LEVEL });

try {
  const catcher = await startCatcher({ port: settings.PORT, smtpPort: settings.SMTP_PORT, host: settings.HOST, log });
  stopOnSignal(log, () => catcher.stop());
  announceReady(catcher.port);
  log.info({ port: catcher.port, smtpPort: catcher.smtpPort }, 'the mail catcher listens');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  const taken = `Port ${settings.PORT} or ${settings.SMTP_PORT} is taken. Set PORT or SMTP_PORT.`;
  process.stderr.write(`${code === 'EADDRINUSE' ? taken : message}\n`);
  process.exit(1);
}
