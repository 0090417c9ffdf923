import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { throttle } from '../../src/page/throttle.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('throttle calls at once, then rarely and with the newest value, and not after stop', () => {
  const called: number[] = [];
  const { call, stop } = throttle<number>(100, (value) => called.push(value));
  call(1);
  vi.advanceTimersByTime(1);
  expect(called).toEqual([1]);
  for (const value of [2, 3, 4]) call(value);
  vi.advanceTimersByTime(90);
  expect(called).toEqual([1]);
  vi.advanceTimersByTime(20);
  expect(called).toEqual([1, 4]);
  call(5);
  stop();
  vi.advanceTimersByTime(1000);
  expect(called).toEqual([1, 4]);
});
