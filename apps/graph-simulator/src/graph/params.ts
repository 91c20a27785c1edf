import { numbered } from './errors.ts';

/** The parameters of a call: query and, for writes, the body. Values of a JSON body can be structures. */
export type Params = ReadonlyMap<string, unknown>;

/** Reads a call's parameters. A GET's body is ignored, as Graph does. */
export function readParams(method: string, search: URLSearchParams, contentType: string, body: Buffer): Params {
  const params = new Map<string, unknown>(search);
  if (method === 'GET' || body.length === 0) return params;
  const text = body.toString('utf8');
  const fields = contentType.includes('json') ? readJson(text) : Object.fromEntries(new URLSearchParams(text));
  for (const [name, value] of Object.entries(fields)) params.set(name, value);
  return params;
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** A parameter as text; undefined when it is absent or empty. */
export function textParam(params: Params, name: string): string | undefined {
  const value = params.get(name);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A parameter that is a JSON structure, or the text of one (form bodies). */
export function recordParam(params: Params, name: string): Record<string, unknown> | undefined {
  const value = params.get(name);
  const structure = typeof value === 'string' && value !== '' ? readJson(value) : value;
  return isRecord(structure) ? structure : undefined;
}

/** A required text. */
export function requiredText(params: Params, name: string): string {
  const value = textParam(params, name);
  if (value === undefined) throw numbered(100, `The parameter ${name} is required.`);
  return value;
}

/** A comma-separated list, or a JSON array in text. */
export function listParam(params: Params, name: string): string[] {
  const text = textParam(params, name) ?? '';
  return text
    .replaceAll(/[[\]"\s]/g, '')
    .split(',')
    .filter(item => item !== '');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
