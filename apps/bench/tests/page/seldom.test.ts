import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seldom } from '../../src/page/seldom.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a call is made soon, then seldom and with the newest value, and not after the end', () => {
  const told: number[] = [];
  const { tell, stop } = seldom<number>(100, (value) => told.push(value));
  tell(1);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([1]);
  for (const value of [2, 3, 4]) tell(value);
  vi.advanceTimersByTime(90);
  expect(told).toEqual([1]);
  vi.advanceTimersByTime(20);
  expect(told).toEqual([1, 4]);
  tell(5);
  stop();
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([1, 4]);
});
