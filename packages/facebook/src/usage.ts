/** Percent of an allowance that is used up. Real values exceed 100: nothing may assert a ceiling. */
export interface UsagePercent {
  calls: number;
  cpu: number;
  time: number;
}

/** Use of one business-use-case allowance; `id` is the business object's, the page's for `type` "pages". */
export interface BusinessUsage extends UsagePercent {
  id: string;
  type: string;
  /** Minutes until calls are accepted again; 0 while they are. */
  regainMin: number;
}

/** What the usage headers of one answer say. Absent is normal: Graph sends them only after enough calls. */
export interface Usage {
  app: UsagePercent | null;
  page: UsagePercent | null;
  buc: BusinessUsage[];
}

/** The usage of a call that brought no headers. */
export const noUsage: Usage = Object.freeze({ app: null, page: null, buc: Object.freeze([]) as unknown as [] });

// Meta names up to 32 business objects per header.
const maxBusinessObjects = 32;
const maxTypesPerObject = 16;

/** Response headers with names in lower case, as node and undici give them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads `x-app-usage`, `x-page-usage` and `x-business-use-case-usage`. What cannot be read is absent. */
export function parseUsage(headers: Headers): Usage {
  return {
    app: percentOf(jsonHeader(headers, 'x-app-usage')),
    page: percentOf(jsonHeader(headers, 'x-page-usage')),
    buc: businessUsage(jsonHeader(headers, 'x-business-use-case-usage')),
  };
}

/** The highest of the three; 0 for an allowance of which nothing was said. */
export function highest(percent: UsagePercent | null): number {
  return percent ? Math.max(percent.calls, percent.cpu, percent.time) : 0;
}

const minRestMs = 5 * 60_000;

/**
 * How long a page is to be left alone by what an answer to its token said: as long as Facebook says, at least five
 * minutes, from the moment on at which the next call would be refused. Null while calls are accepted.
 */
export function pageRestMs({ page, buc }: Usage, pageId: string): number | null {
  const own = buc.filter(({ id }) => id === pageId);
  const isUsedUp = own.some(business => business.regainMin > 0 || highest(business) >= 100) || highest(page) >= 100;
  if (!isUsedUp) return null;
  return Math.max(minRestMs, ...own.map(({ regainMin }) => regainMin * 60_000));
}

function businessUsage(header: Record<string, unknown> | null): BusinessUsage[] {
  if (!header) return [];
  return Object.entries(header)
    .slice(0, maxBusinessObjects)
    .flatMap(([id, types]) =>
      (Array.isArray(types) ? types : [types]).slice(0, maxTypesPerObject).flatMap(type => oneBusinessUsage(id, type)),
    );
}

function oneBusinessUsage(id: string, value: unknown): BusinessUsage[] {
  const fields = objectOf(value);
  const percent = percentOf(fields);
  if (!fields || !percent) return [];
  const type = typeof fields.type === 'string' ? fields.type : '';
  return [{ id, type, ...percent, regainMin: numberOf(fields.estimated_time_to_regain_access) ?? 0 }];
}

function percentOf(fields: Record<string, unknown> | null): UsagePercent | null {
  if (!fields) return null;
  const calls = numberOf(fields.call_count);
  const cpu = numberOf(fields.total_cputime);
  const time = numberOf(fields.total_time);
  if (calls === null && cpu === null && time === null) return null;
  return { calls: calls ?? 0, cpu: cpu ?? 0, time: time ?? 0 };
}

function jsonHeader(headers: Headers, name: string): Record<string, unknown> | null {
  const value = headers[name];
  if (typeof value !== 'string') return null;
  try {
    return objectOf(JSON.parse(value));
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
