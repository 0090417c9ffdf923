import { throttle } from 'throttle-debounce';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('throttle calls at once, then rarely and with the newest value, and not after cancel', () => {
  const called: number[] = [];
  const call = throttle(100, (value: number) => called.push(value));
  call(1);
  vi.advanceTimersByTime(1);
  expect(called).toEqual([1]);
  for (const value of [2, 3, 4]) call(value);
  vi.advanceTimersByTime(90);
  expect(called).toEqual([1]);
  vi.advanceTimersByTime(20);
  expect(called).toEqual([1, 4]);
  call(5);
  call.cancel();
  vi.advanceTimersByTime(1000);
  expect(called).toEqual([1, 4]);
});
