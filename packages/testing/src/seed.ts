import { queueConnectionOf } from '@pagekeeper/domain/environment';
import { demoLogins, demoPassword, demoStaff, seedDemo } from './demo.ts';
import { readSeedEnvironment } from './env.ts';

// `pagekeeper demo:seed` runs this: what it needs comes in the environment.
const variables = readSeedEnvironment();
const { API_URL, SIMULATOR_URL, DATABASE_URL, MIGRATION_DATABASE_URL } = variables;

try {
  const made = await seedDemo({
    apiUrl: API_URL,
    publicUrl: API_URL,
    simulatorUrl: SIMULATOR_URL,
    databaseUrl: DATABASE_URL,
    ownerUrl: MIGRATION_DATABASE_URL,
    queue: { connection: queueConnectionOf(variables), prefix: variables.QUEUE_PREFIX },
  });
  const logins = [...demoLogins, demoStaff].map(({ email }) => email);
  process.stdout.write(`${JSON.stringify({ made, logins, password: demoPassword })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
