import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onceASecond } from './once-a-second.ts';

let said: [message: string, more: number][];
let fail: (error: unknown) => void;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  fail = onceASecond((error, more) => said.push([(error as Error).message, more]));
});

afterEach(() => {
  vi.useRealTimers();
});

const failOften = (message: string, times: number) => {
  for (let time = 0; time < times; time += 1) fail(new Error(message));
};

describe('what fails ten thousand times a second', () => {
  it('is said once a second, with how many more there were', () => {
    failOften('connection refused', 10_000);
    expect(said).toEqual([['connection refused', 0]]);
    vi.advanceTimersByTime(999);
    failOften('connection refused', 1);
    expect(said).toHaveLength(1);
    vi.advanceTimersByTime(1);
    failOften('connection refused', 3);
    expect(said.slice(1)).toEqual([['connection refused', 10_000]]);
    vi.advanceTimersByTime(60_000);
    failOften('connection refused', 1);
    expect(said.slice(2)).toEqual([['connection refused', 2]]);
  });

  it('hides nothing else', () => {
    failOften('connection refused', 10_000);
    failOften('disk full', 10_000);
    expect(said).toEqual([
      ['connection refused', 0],
      ['disk full', 0],
    ]);
  });

  it('is forgotten where very many others follow', () => {
    failOften('connection refused', 2);
    for (let id = 0; id < 100; id += 1) failOften(`row ${id}`, 1);
    failOften('connection refused', 1);
    expect(said).toHaveLength(102);
    expect(said.at(-1)).toEqual(['connection refused', 0]);
  });
});
