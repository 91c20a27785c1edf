import * as z from 'zod';
import { problemShape } from './problem.ts';

/** Parts of OpenAPI operations for what is no endpoint of ours. */
export function operation(operationId: string, tag: string, summary: string, rest: object) {
  return { operationId, summary, tags: [tag], security: [], ...rest };
}

export function json(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

export function text(description: string) {
  return { description, content: { 'text/plain': { schema: z.string() } } };
}

export function html(description: string) {
  return { description, content: { 'text/html': { schema: z.string() } } };
}

export function refused(...statuses: number[]) {
  const content = { 'application/problem+json': { schema: problemShape } };
  return Object.fromEntries(statuses.map(status => [status, { description: 'Refused.', content }]));
}
