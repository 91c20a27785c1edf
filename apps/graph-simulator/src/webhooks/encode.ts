import { createHmac } from 'node:crypto';
import type { App } from '../state/state.ts';

/** How a delivery is signed; all but `ok` are what a receiver must be able to judge. */
export const signatureModes = ['ok', 'bad_signature', 'no_header', 'sha1_only', 'old_secret', 'altered'] as const;
export type SignatureMode = (typeof signatureModes)[number];

/** JSON as Meta writes it: ASCII only, other characters as lowercase \uXXXX (emoji in pairs), and slashes escaped. */
export function encodeBody(body: unknown): string {
  return JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u007f-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Both signature headers over exactly these bytes. */
export function signatureHeaders(secret: string, bytes: Buffer): Record<string, string> {
  return {
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(bytes).digest('hex')}`,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`,
  };
}

/** The bytes to send and the headers that go with them, in the given mode. */
export function signFor(
  app: App,
  text: string,
  mode: SignatureMode,
): { bytes: Buffer; headers: Record<string, string> } {
  const bytes = Buffer.from(text, 'utf8');
  const headers = signatureHeaders(secretFor(app, mode), bytes);
  if (mode === 'no_header') return { bytes, headers: {} };
  if (mode === 'sha1_only') return { bytes, headers: { 'x-hub-signature': headers['x-hub-signature']! } };
  // The same JSON in other bytes: whoever verifies what it has parsed and written again does not notice.
  if (mode === 'altered') return { bytes: Buffer.from(`${text} `, 'utf8'), headers };
  return { bytes, headers };
}

function secretFor(app: App, mode: SignatureMode): string {
  if (mode === 'bad_signature') return `not ${app.secret}`;
  if (mode === 'old_secret') return app.formerSecrets[0] ?? `the secret before ${app.secret}`;
  return app.secret;
}
