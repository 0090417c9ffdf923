import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CallTimer, shortestCallMs } from '../src/workers/call-timer.js';

/** A clock that only calls move, by what each takes, and that shows whole steps of 5 µs, as a browser's does. */
function timerOf(
  milliseconds: (call: number) => number,
  shortestMs?: number,
): { timer: CallTimer; calls: () => number } {
  let now = 0;
  let calls = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => Math.floor(now / 0.005 + 1e-6) * 0.005);
  const prepared = {
    check: async () => ({ outputs: [], kernels: 1 }),
    run: async () => {
      now += milliseconds(calls++);
    },
  };
  const timer = new CallTimer(prepared, shortestMs);
  return { timer, calls: () => calls };
}

beforeEach(() => void vi.spyOn(performance, 'now'));
afterEach(() => void vi.restoreAllMocks());

describe('the shortest call that is timed alone', () => {
  test.each([
    [0.005, 0.1],
    [0.1, 2],
    [1, 20],
  ])('is with a clock that moves in steps of %d ms %d ms', (step, shortest) => {
    let reads = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => Math.floor(reads++ / 3) * step);
    expect(shortestCallMs()).toBeCloseTo(shortest, 9);
  });
});

describe('a turn', () => {
  test('is one call if the given time is zero or shorter than a call', async () => {
    const { timer, calls } = timerOf(() => 30);
    expect(await timer.turn(0)).toEqual([30]);
    expect(await timer.turn(0.02)).toEqual([30]);
    expect(calls()).toBe(2);
  });

  test('has the time of every call that the clock can measure', async () => {
    const { timer, calls } = timerOf((call) => 2 + call);
    const durations = await timer.turn(0.02);
    expect(durations).toEqual([2, 3, 4, 5, 6]);
    expect(calls()).toBe(5);
  });

  test('times short calls in groups and returns their mean', async () => {
    // 13 µs a call, which the clock shows as 10 or 15.
    const { timer, calls } = timerOf(() => 0.013);
    await timer.turn(0.005);
    const before = calls();
    const durations = await timer.turn(0.02);
    expect(calls() - before).toBeGreaterThan(1400);
    expect(durations.length).toBeLessThan(25);
    for (const duration of durations) expect(Math.abs(duration - 0.013)).toBeLessThan(1e-4);
  });

  test('times longer calls in groups with a coarse clock', async () => {
    const { timer, calls } = timerOf(() => 1, 2);
    await timer.turn(0.005);
    const before = calls();
    expect(await timer.turn(0.02)).toEqual([1]);
    expect(calls() - before).toBe(20);
  });

  test('returns to single calls when calls become longer', async () => {
    const { timer } = timerOf((call) => (call < 500 ? 0.01 : 10));
    await timer.turn(0.004);
    await timer.turn(0.02);
    expect(await timer.turn(0.02)).toEqual([10, 10]);
  });

  test('ends when the clock does not move', async () => {
    let reads = 0;
    const { timer, calls } = timerOf(() => 0);
    vi.spyOn(performance, 'now').mockImplementation(() => (++reads > 10 ? 1000 : 0));
    await timer.turn(0.02);
    expect(calls()).toBeLessThan(10_000);
  });
});
