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

/** Both signature headers over exactly this text, as UTF-8. */
export function signatureHeaders(secret: string, body: string): Record<string, string> {
  return {
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** The body to send and the headers that go with it, in the given mode. */
export function signFor(
  app: App,
  text: string,
  mode: SignatureMode,
): { body: string; headers: Record<string, string> } {
  const headers = signatureHeaders(secretFor(app, mode), text);
  if (mode === 'no_header') return { body: text, headers: {} };
  if (mode === 'sha1_only') return { body: text, headers: { 'x-hub-signature': headers['x-hub-signature']! } };
  // The same JSON in other bytes: whoever verifies what it has parsed and written again does not notice.
  if (mode === 'altered') return { body: `${text} `, headers };
  return { body: text, headers };
}

function secretFor(app: App, mode: SignatureMode): string {
  if (mode === 'bad_signature') return `not ${app.secret}`;
  if (mode === 'old_secret') return app.formerSecrets[0] ?? `the secret before ${app.secret}`;
  return app.secret;
}
