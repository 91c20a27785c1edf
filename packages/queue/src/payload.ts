import type { AnyJob } from './define-job.ts';
import { InvalidPayloadError } from './errors.ts';

/** A payload holds ids. One of this size holds something else. */
const maxPayloadBytes = 16_384;

/**
 * Checks a payload by its job's schema and for what not every broker can store.
 *
 * @returns the parsed payload
 * @throws {@link InvalidPayloadError} naming the places at fault, never their values
 */
export function parsePayload<Payload>(
  job: { name: string; payload: AnyJob['payload'] & { _output?: Payload } },
  payload: unknown,
): Payload {
  const parsed = job.payload.safeParse(payload);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 5).map(issue => `${issue.path.join('.') || 'payload'} (${issue.code})`);
    throw new InvalidPayloadError(`The payload does not fit job ${job.name}: ${faults.join(', ')}.`);
  }
  if (Buffer.byteLength(JSON.stringify(parsed.data) ?? '') > maxPayloadBytes) {
    throw new InvalidPayloadError(`The payload of job ${job.name} is larger than ${maxPayloadBytes} bytes.`);
  }
  // Postgres' jsonb refuses both, Redis takes them: refused here, so that both behave alike.
  if (stringsIn(parsed.data).some(text => text.includes('\0') || /[\ud800-\udfff]/u.test(text))) {
    throw new InvalidPayloadError(`The payload of job ${job.name} holds a NUL or half a surrogate pair.`);
  }
  return parsed.data as Payload;
}

/** Every string in a JSON value, keys of objects left out. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}
