import { describe, expect, test } from 'vitest';
import type { RunPlan } from '../../src/run/run-all.js';
import { aboutSeconds, timeLeft } from '../../src/run/run-all.js';

const plan: RunPlan = {
  allSeries: [
    { workload: 'step', shape: [1, 1, 128, 128], cells: ['gru'] },
    { workload: 'forward', shape: [64, 50, 512, 512], cells: ['gru', 'sru'] },
  ],
  competitors: [
    { contender: 'sluice', backend: 'wasm' },
    { contender: 'tf.layers', backend: 'wasm' },
  ],
  ceilingsOf: ['wasm'],
};

describe('the time left', () => {
  test('starts with the expected time, which grows with the work', () => {
    const expected = timeLeft(plan)(0, 0, 0).secondsLeft;
    expect(expected).toBeGreaterThan(5);
    const twice = { ...plan, allSeries: [...plan.allSeries, ...plan.allSeries] };
    expect(timeLeft(twice)(0, 0, 0).secondsLeft).toBeGreaterThan(1.5 * expected);
  });

  test('ends at zero and follows the measured time', () => {
    const left = timeLeft(plan);
    const places = [
      [0, 0],
      [0, 0.5],
      [1, 0],
      [1, 0.9],
      [2, 0],
      [3, 0],
    ] as const;
    const shares = places.map(([part, done]) => left(part, done, 0).share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares[5]]).toEqual([0, 1]);
    expect(left(3, 0, 100).secondsLeft).toBe(0);
    // Nearly done, and it has taken ten times as long as was expected.
    const { share, secondsLeft } = left(1, 0.9, 1000);
    expect(secondsLeft).toBeGreaterThan(900 * (1 - share));
  });

  test('is shown no more exactly than it is known', () => {
    expect([3, 12, 61, 100, 1000].map(aboutSeconds)).toEqual([
      'a few seconds',
      'about 10 s',
      'about 60 s',
      'about 2 min',
      'about 17 min',
    ]);
  });
});
