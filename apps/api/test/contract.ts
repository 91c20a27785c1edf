import { blankTokens } from '@pagekeeper/runtime/log';
import type { EventReader } from '@pagekeeper/testing/network/event-reader';
import { type Answer, Persona } from '@pagekeeper/testing/network/persona';
import { expect } from 'vitest';
import { authPaths } from '../src/auth/auth-paths.ts';
import { endpoints } from '../src/endpoints.ts';
import type { Endpoint } from '../src/http/endpoint.ts';
import { refusalsOf } from '../src/http/openapi.ts';
import { problemShape, problems } from '../src/http/problem.ts';

/** Sizes a list shows; `data` of any list. */
export const idsOf = (list: { data: { id: string }[] }): string[] => list.data.map(({ id }) => id);

/** The endpoint's path with these values in place of `{organization}` and the like. */
export function pathOf(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`There is no sample value for {${name}} of ${path}.`);
    return encodeURIComponent(value);
  });
}

export const placeholdersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!);

/** Whether these values are all that the path needs. */
export const isWithin = (path: string, values: Readonly<Record<string, string>>): boolean =>
  placeholdersOf(path).every(name => name in values);

const routes = endpoints.map(endpoint => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The endpoint behind a path with values in it. */
export const findEndpoint = (method: string, path: string): Endpoint | undefined =>
  routes.find(({ endpoint, pattern }) => endpoint.method === method && pattern.test(path))?.endpoint;

/** From now on every answer that a persona of this test file gets is held against the contract. */
export function holdAnswersToTheContract(): void {
  const send = Persona.prototype.send;
  Persona.prototype.send = async function (this: Persona, ...request: Parameters<Persona['send']>) {
    const answer = await send.apply(this, request);
    const [method, path] = request;
    const [address = ''] = path.split('?', 1);
    if (path.startsWith('/v1')) holdToTheContract(method, address, answer);
    if (path.startsWith('/auth')) holdAuthToTheContract(method, address, answer);
    return answer;
  };
}

/** The same for streams: each event of theirs is a body that the endpoint declares. */
export function holdStreamToTheContract(path: string, { answer, events }: EventReader): void {
  const { status, headers } = answer;
  if (status >= 400) {
    holdProblem(path.split('?', 1)[0]!, answer);
    return;
  }
  const { endpoint } = routes.find(
    ({ endpoint, pattern }) => endpoint.streams && pattern.test(path.split('?', 1)[0]!),
  )!;
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  for (const { event, id, data } of events) {
    expect([event, id]).toEqual([endpoint.streams, data.id]);
    expect(endpoint.responses[200]!.parse(data)).toEqual(data);
  }
}

function holdToTheContract(method: string, path: string, answer: Answer): void {
  const { status, text, headers } = answer;
  const told = `${method} ${path} answered ${status} ${text.slice(0, 300)}`;
  expect(status, told).not.toBe(500);
  expect(headers['ratelimit-policy'], told).toMatch(/^"[a-z]+";q=\d+;w=\d+$/);
  expect(headers.ratelimit, told).toMatch(/^"[a-z]+";r=\d+;t=\d+$/);
  // What looks like a token of Facebook's, and what looks like a stack. An invitation's own token may hold any letters.
  const shown = text.replace(/#token=[\w-]{43}/g, '');
  expect(shown, told).not.toMatch(/(?<![\w-])EAA[A-Za-z0-9]{8,}|\n\s+at |node_modules/);
  expect(headers['x-request-id'], told).toMatch(/^[\w.-]{1,64}$/);
  const endpoint = findEndpoint(method, path);
  if (status >= 400) {
    holdProblem(path, answer);
    if (status === 401) expect(headers['www-authenticate']).toBe('Bearer');
    if (endpoint) expect(refusalsOf(endpoint), told).toContain(answer.body.code);
    return;
  }
  expect(endpoint, `${told}, and no endpoint declares it`).toBeDefined();
  holdSuccess(endpoint!, answer, told);
  const isAlone = method === 'get' && typeof answer.body.id === 'string';
  if (isAlone) expect(headers.etag, told).toMatch(/^"[\w-]+"$/);
}

/** What is said of accounts and sessions: with the status, and the fields, that openapi.json declares. */
function holdAuthToTheContract(method: string, path: string, answer: Answer): void {
  const { status, text, headers, body } = answer;
  const told = `${method} ${path} answered ${status} ${text.slice(0, 300)}`;
  const operation = authPaths[path]?.[method];
  if (!operation) {
    expect(status, `${told}, and is not declared`).toBe(404);
    return;
  }
  expect(Object.keys(operation.responses), told).toContain(String(status));
  if (status >= 400) holdProblem(path, answer);
  if (status !== 200) return;
  expect(headers['content-type'], told).toBe('application/json; charset=utf-8');
  expect(operation.responses[200]!.content['application/json'].schema.parse(body), told).toEqual(body);
}

/** Status and body as the endpoint declares them, with no field more. */
function holdSuccess({ responses }: Endpoint, { status, body, text, headers }: Answer, told: string): void {
  expect(Object.keys(responses), told).toContain(String(status));
  const schema = responses[status];
  if (!schema) {
    expect(text, told).toBe('');
    return;
  }
  expect(headers['content-type'], told).toBe('application/json; charset=utf-8');
  // The parsed value lacks undeclared fields and has the defaults of missing ones: both differ from what was sent.
  expect(schema.parse(body), told).toEqual(body);
}

/** A refusal as RFC 9457 and the contract have it. */
export function holdProblem(path: string, { status, body, text, headers }: Answer): void {
  expect(headers['content-type'], text).toBe('application/problem+json; charset=utf-8');
  expect(problemShape.strict().parse(body)).toEqual(body);
  const { title, status: declared } = problems[body.code as keyof typeof problems];
  expect(body).toMatchObject({
    title,
    status,
    type: `urn:pagekeeper:problem:${body.code}`,
    instance: blankTokens(path),
  });
  expect(declared).toBe(status);
  expect(body.detail.length).toBeGreaterThan(10);
  expect(body.request_id).toBe(headers['x-request-id']);
  if (status === 429 || status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  if (status === 429) expect(headers.ratelimit).toMatch(new RegExp(`;r=0;t=${headers['retry-after']}$`));
}
