import * as z from 'zod';
import { nameInput } from '../name-input.ts';

const email = z.email().max(320);
/** In letters. */
export const passwordLength = { min: 10, max: 200 } as const;
const newPassword = z.string().min(passwordLength.min).max(passwordLength.max);
const password = z.string().max(passwordLength.max);
const code = z.string().max(100);
const callbackURL = z
  .string()
  .max(2_000)
  .optional()
  .describe('Where the link in the mail leads in the end: a path here. `result` is added to it.');

/** What better-auth's POSTs take, by their path below `/auth`. Stricter than its own, which let unknown fields pass. */
export const authInputs = {
  '/sign-up/email': z.strictObject({ name: nameInput, email, password: newPassword, callbackURL }),
  '/sign-in/email': z.strictObject({ email: z.string(), password: z.string() }),
  '/sign-out': z.strictObject({}),
  '/send-verification-email': z.strictObject({ email, callbackURL }),
  '/request-password-reset': z.strictObject({ email, redirectTo: callbackURL }),
  '/reset-password': z.strictObject({ token: z.string().max(100), newPassword }),
  '/change-password': z.strictObject({ currentPassword: password, newPassword }),
  '/change-email': z.strictObject({ newEmail: email, password, callbackURL }),
  '/revoke-session': z.strictObject({ id: z.uuid().describe('As `GET /auth/list-sessions` shows it.') }),
  '/revoke-other-sessions': z.strictObject({}),
  '/two-factor/enable': z.strictObject({ password }),
  '/two-factor/verify-totp': z.strictObject({ code }),
  '/two-factor/verify-backup-code': z.strictObject({ code }),
  '/two-factor/generate-backup-codes': z.strictObject({ password }),
  '/two-factor/disable': z.strictObject({ password }),
} satisfies Record<string, z.ZodObject>;

export type AuthPath = keyof typeof authInputs;
