import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { defineJob, type JobHandlers, type PayloadOf } from '../src/define-job.ts';
import { optionsFor } from '../src/job-options.ts';
import { drain, refresh, sweep } from './jobs.ts';

const jobs = [drain, refresh, sweep] as const;

describe('defineJob', () => {
  it('keeps name and payload as types, and a missing handler does not compile', () => {
    expectTypeOf(drain.name).toEqualTypeOf<'webhooks.drain'>();
    expectTypeOf<PayloadOf<typeof drain>>().toEqualTypeOf<{ integrationId: string }>();
    const handlers = {
      'webhooks.drain': async ({ integrationId }, { attempt }) => `${integrationId} ${attempt}`,
      'facebook.refresh': async ({ loginId }) => loginId,
      'webhooks.sweep': async () => ({ outcome: 'swept', rows: 3 }),
    } satisfies JobHandlers<typeof jobs>;
    const { 'webhooks.sweep': _left, ...rest } = handlers;
    // @ts-expect-error the sweep's handler is missing
    rest satisfies JobHandlers<typeof jobs>;
  });

  it('refuses declarations that make no sense', () => {
    const base = { name: 'a.b', payload: z.object({}), attempts: 1, backoff: { type: 'fixed', delayMs: 0 } } as const;
    expect(() => defineJob({ ...base, name: 'a:b' })).toThrow('not "a:b"');
    expect(() => defineJob({ ...base, attempts: 0 })).toThrow('attempts must be');
    expect(() => defineJob({ ...base, backoff: { type: 'fixed', delayMs: -1 } })).toThrow('must not be negative');
  });

  it('makes deduplication ids that are safe and differ by job and due time', () => {
    const id = (payload: { integrationId: string }, delayMs = 0) =>
      optionsFor(drain, payload, delayMs).deduplication?.id;
    expect(id({ integrationId: 'a:b' })).toMatch(/^[0-9a-f]{64}$/);
    expect(id({ integrationId: 'a:b' })).toBe(id({ integrationId: 'a:b' }));
    expect(id({ integrationId: 'a:b' })).not.toBe(id({ integrationId: 'a:c' }));
    expect(id({ integrationId: 'a:b' })).not.toBe(id({ integrationId: 'a:b' }, 5_000));
    expect(optionsFor(refresh, { loginId: 'x' }, 0).deduplication).toBeUndefined();
  });
});
