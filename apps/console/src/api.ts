import { createPagekeeper, type Problem } from '@pagekeeper/client';

/** The API, as whoever is signed in in this browser. */
export const api = createPagekeeper({ baseUrl: location.origin });

/** What the API refused, with its reason (RFC 9457). */
export class Refusal extends Error {
  readonly problem: Problem;
  /** In seconds, where the API said so. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.detail);
    this.name = 'Refusal';
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): Problem['code'] {
    return this.problem.code;
  }
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The answer's body. @throws Refusal when the API says no, or something before it does */
export async function ask<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  return (await askTagged(answer)).data;
}

/** The same with the version that was read, for If-Match. */
export async function askTagged<Data>(answer: Promise<Answer<Data>>): Promise<{ data: Data; etag: string | null }> {
  const { data, error, response } = await answer.catch(() => {
    throw new Refusal(unreachable);
  });
  if (response.ok) return { data: data as Data, etag: response.headers.get('etag') };
  const retryAfter = Number(response.headers.get('retry-after')) || null;
  throw new Refusal(isProblem(error) ? error : unreadable(response.status), retryAfter);
}

const isProblem = (error: unknown): error is Problem =>
  typeof error === 'object' && error !== null && 'code' in error && 'detail' in error;

const problemOf = (code: Problem['code'], status: number, title: string, detail: string): Problem => ({
  type: `urn:pagekeeper:problem:${code}`,
  code,
  status,
  title,
  detail,
  instance: '',
  request_id: '',
});

const unreachable = problemOf(
  'unavailable',
  0,
  'Pagekeeper cannot be reached',
  'Look at your connection to the internet, then try again.',
);

const unreadable = (status: number): Problem =>
  problemOf('internal', status, 'Something failed on our side', 'Try again in a moment.');
