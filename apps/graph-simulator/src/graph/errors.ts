/** A failure as Graph tells it. The message is complete: `(#code) ` is put before it by {@link numbered} only. */
export class GraphError extends Error {
  readonly http: number;
  readonly code: number;
  readonly subcode: number | undefined;
  readonly type: string;
  readonly transient: boolean | undefined;
  /** The word in WWW-Authenticate. */
  readonly challenge: string;
  /** What else stands in the envelope: a title and text for people, data. */
  readonly details: Record<string, unknown>;

  constructor(
    code: number,
    message: string,
    more: {
      http?: number;
      subcode?: number;
      type?: string;
      transient?: boolean;
      challenge?: string;
      details?: Record<string, unknown>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.http = more.http ?? usualStatus(code);
    this.subcode = more.subcode;
    this.type = more.type ?? 'OAuthException';
    this.transient = more.transient;
    this.challenge = more.challenge ?? usualChallenge(code);
    this.details = more.details ?? {};
  }
}

type More = ConstructorParameters<typeof GraphError>[2];

/** A failure whose message carries its number, which most do: `(#100) …`. */
export function numbered(code: number, message: string, more?: More): GraphError {
  return new GraphError(code, `(#${code}) ${message}`, more);
}

/** Code 190. Its messages carry no number. */
export function deadToken(fatality: { subcode: number | null; message: string }, http = 400): GraphError {
  return new GraphError(190, fatality.message, { http, ...(fatality.subcode ? { subcode: fatality.subcode } : {}) });
}

/** What Graph says of an object that does not exist or that this token may not see: it does not tell which. */
export function noSuchObject(id: string, method: string): GraphError {
  const message = `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`;
  return new GraphError(100, message, { subcode: 33, type: 'GraphMethodException' });
}

/** What Graph says of a batch that it does not take. It is the one failure without a code. */
export function badBatch(message: string): GraphError {
  return new GraphError(0, message, { type: 'GraphBatchException' });
}

export function unknownPath(path: string): GraphError {
  return new GraphError(2500, `Unknown path components: ${path}`);
}

export function missingScope(scope: string): GraphError {
  return numbered(200, `Requires ${scope} permission to manage the object.`);
}

export function missingTask(): GraphError {
  return numbered(200, 'The user behind this access token does not have an appropriate role on the Page.');
}

function usualStatus(code: number): number {
  if (code === 1) return 500;
  if (code === 4 || code === 10 || (code >= 200 && code <= 299)) return 403;
  return 400;
}

function usualChallenge(code: number): string {
  if (code === 190 || code === 102) return 'invalid_token';
  if (code === 10 || (code >= 200 && code <= 299)) return 'access_denied';
  return 'invalid_request';
}
