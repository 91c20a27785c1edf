import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { developmentPrefix } from '@pagekeeper/domain/environment';
import * as z from 'zod';

const shape = z.object({
  pagekeeperKeys: z.string().min(1),
  authSecret: z.string().min(1),
  rolePasswords: z.object({
    owner: z.string().min(1),
    app: z.string().min(1),
    auth: z.string().min(1),
    queue: z.string().min(1),
  }),
  simulator: z.object({ appId: z.string().min(1), appSecret: z.string().min(1), verifyToken: z.string().min(1) }),
});

export type LocalSecrets = z.output<typeof shape>;

/**
 * The secrets of this checkout, made at the first start and read ever after: with new keys nothing that is sealed in
 * the data could be opened again. Throws a sentence if the file is damaged, or gone while the data are there.
 */
export function keepSecrets(folder: string): LocalSecrets {
  const file = join(folder, 'secrets.json');
  if (existsSync(file)) return readSecrets(file);
  if (existsSync(join(folder, 'postgres'))) {
    throw new Error(
      `${file} is missing, and without its keys the data cannot be read: restore it, or remove ${folder}.`,
    );
  }
  const secrets = makeSecrets();
  // Written whole or not at all.
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return secrets;
}

function readSecrets(file: string): LocalSecrets {
  try {
    return shape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new Error(`${file} cannot be read or is damaged: restore it, or remove its folder to begin anew.`);
  }
}

const secret = () => randomBytes(24).toString('hex');

function makeSecrets(): LocalSecrets {
  return {
    // By this beginning production knows them, and refuses them.
    pagekeeperKeys: `${developmentPrefix}1:${randomBytes(32).toString('base64')}`,
    authSecret: `${developmentPrefix}-${randomBytes(32).toString('base64')}`,
    rolePasswords: { owner: secret(), app: secret(), auth: secret(), queue: secret() },
    simulator: {
      // Meta's app ids are 15 or 16 digits, its app secrets 32 hexadecimal ones.
      appId: `${randomInt(1, 10)}${String(randomInt(0, 10 ** 14)).padStart(14, '0')}`,
      appSecret: randomBytes(16).toString('hex'),
      verifyToken: `${developmentPrefix}-${randomBytes(12).toString('hex')}`,
    },
  };
}
