import { checkRole } from '@pagekeeper/domain/boot-checks';
import { mailSettingsOf } from '@pagekeeper/domain/environment';
import { publicId } from '@pagekeeper/domain/ids';
import { createMailer } from '@pagekeeper/domain/mail/mailer';
import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { createAuth } from '@pagekeeper/domain/users/auth';
import { authInputs } from '@pagekeeper/domain/users/auth-inputs';
import { readVariables } from '../env.ts';
import { parseInput, readNewPassword } from '../input.ts';
import { openLog } from '../log.ts';
import type { Output } from '../output.ts';
import { Failure } from '../usage-error.ts';

interface Options {
  email: string;
  name: string;
  staff?: boolean;
}

/** Signs somebody up, as they would themselves; the session that comes with it is ended at once. */
export async function createUser({ email, name, staff = false }: Options, output: Output): Promise<void> {
  const variables = readVariables(
    'AUTH_DATABASE_URL',
    'AUTH_SECRET',
    'PUBLIC_URL',
    'SMTP_URL',
    'MAIL_FROM',
    'NAMED_STATEMENTS',
  );
  const { MIGRATION_DATABASE_URL } = staff ? readVariables('MIGRATION_DATABASE_URL') : {};
  await checkRole('AUTH_DATABASE_URL', variables.AUTH_DATABASE_URL);
  const schema = authInputs['/sign-up/email'];
  parseInput(schema.omit({ password: true }), { email, name });
  const body = parseInput(schema, { email, name, password: await readNewPassword() });
  const log = openLog();
  const mailer = createMailer({ ...mailSettingsOf(variables), log });
  const { auth, close } = createAuth({
    databaseUrl: variables.AUTH_DATABASE_URL,
    secret: variables.AUTH_SECRET,
    publicUrl: variables.PUBLIC_URL,
    namedStatements: variables.NAMED_STATEMENTS === 'on',
    mailer,
    log,
  });
  try {
    const { user, token } = await auth.api.signUpEmail({ body }).catch(refusal);
    if (token) await (await auth.$context).internalAdapter.deleteSession(token);
    if (MIGRATION_DATABASE_URL) {
      // Made here, with a password that whoever ran this has given.
      await setStaff(MIGRATION_DATABASE_URL, { email: user.email, isStaff: true, unconfirmed: true });
    }
    const id = publicId('user', user.id);
    output.result({ id, email: user.email, name, is_staff: staff }, [
      `Made the account of ${user.email}${staff ? ', who is staff' : ''}: ${id}`,
    ]);
  } finally {
    await close();
    mailer.close();
  }
}

/** better-auth's own words: it says so when the address has an account already. */
function refusal(error: { body?: { message?: string } }): never {
  if (error.body?.message) throw new Failure(error.body.message);
  throw error;
}
