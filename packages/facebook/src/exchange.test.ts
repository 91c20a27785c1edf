import type { Dispatcher } from 'undici';
import { expect, test } from 'vitest';
import { exchange } from './exchange.ts';

const request = { origin: 'http://graph.test', path: '/', method: 'POST', headers: {}, body: null } as const;
const limits = { timeoutMs: 20, maxBodyBytes: 100 };

// A dispatcher whose connection is not there in time cannot be had from a loopback server.
function waiting(): { dispatcher: Dispatcher; handlers: Dispatcher.DispatchHandler[] } {
  const handlers: Dispatcher.DispatchHandler[] = [];
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler) => handlers.push(handler) > 0;
  return { dispatcher: { dispatch } as unknown as Dispatcher, handlers };
}

test('given up before a connection was there: nothing was written, and nothing will be', async () => {
  const { dispatcher, handlers } = waiting();
  const ended = await exchange(dispatcher, request, limits);
  expect(ended).toMatchObject({ answered: false, maybeWritten: false, impossible: false });
  let aborted = false;
  const controller = { abort: () => (aborted = true) } as unknown as Dispatcher.DispatchController;
  handlers[0]?.onRequestStart?.(controller, {});
  expect(aborted).toBe(true);
});

test('a process that was stopped writes nothing by what it meant to write then, though no timer has told it yet', async () => {
  let aborted = false;
  const controller = { abort: () => (aborted = true) } as unknown as Dispatcher.DispatchController;
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler) => {
    const goesOnAt = Date.now() + 2 * limits.timeoutMs;
    while (Date.now() < goesOnAt);
    handler.onRequestStart?.(controller, {});
  };
  const ended = await exchange({ dispatch } as unknown as Dispatcher, request, limits);
  expect(aborted).toBe(true);
  expect(ended).toMatchObject({ answered: false, maybeWritten: false });
});

test('a dispatcher that throws is an outcome too', async () => {
  const dispatch = () => {
    throw Object.assign(new Error('EAAtoken in a message'), { code: 'UND_ERR_DESTROYED' });
  };
  const ended = await exchange({ dispatch } as unknown as Dispatcher, request, limits);
  expect(ended).toEqual({
    answered: false,
    reason: 'connection failed (UND_ERR_DESTROYED)',
    maybeWritten: false,
    impossible: false,
  });
});
