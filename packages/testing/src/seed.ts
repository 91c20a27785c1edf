import { demoLogins, demoPassword, seedDemo } from './demo.ts';
import { readSeedEnvironment } from './env.ts';

// `pagekeeper demo:seed` runs this: what it needs comes in the environment.
const { API_URL, SIMULATOR_URL, DATABASE_URL, MIGRATION_DATABASE_URL } = readSeedEnvironment();

try {
  const made = await seedDemo({
    apiUrl: API_URL,
    publicUrl: API_URL,
    simulatorUrl: SIMULATOR_URL,
    databaseUrl: DATABASE_URL,
    ownerUrl: MIGRATION_DATABASE_URL,
  });
  const logins = demoLogins.map(({ email }) => email);
  process.stdout.write(`${JSON.stringify({ made, logins, password: demoPassword })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
