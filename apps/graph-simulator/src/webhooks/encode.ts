import { createHmac } from 'node:crypto';
import type { App } from '../app/app.ts';
import type { SignatureMode } from '../app/knobs.ts';

/**
 * JSON as Meta writes it: ASCII only, other characters as lowercase \uXXXX (emoji in pairs), and slashes escaped. The
 * ids of the properties named in `numericIds` are written as numbers, whatever their length.
 */
export function encodeBody(body: unknown, numericIds: readonly string[] = []): string {
  const text = JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u007f-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (numericIds.length === 0) return text;
  // Within a text the quotes are escaped, so this finds properties only.
  return text.replaceAll(new RegExp(`"(${numericIds.join('|')})":"(\\d+)"`, 'g'), '"$1":$2');
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
