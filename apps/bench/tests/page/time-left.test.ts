import { describe, expect, test } from 'vitest';
import type { RunPlan } from '../../src/run/run-all.js';
import { aboutSeconds, TimeLeft } from '../../src/run/run-all.js';

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
    const expected = new TimeLeft(plan).secondsLeft(0);
    expect(expected).toBeGreaterThan(5);
    const twice = { ...plan, allSeries: [...plan.allSeries, ...plan.allSeries] };
    expect(new TimeLeft(twice).secondsLeft(0)).toBeGreaterThan(1.5 * expected);
  });

  test('ends at zero and follows the measured time', () => {
    const left = new TimeLeft(plan);
    const shares: number[] = [];
    for (const [part, done] of [
      [0, 0],
      [0, 0.5],
      [1, 0],
      [1, 0.9],
      [2, 0],
      [3, 0],
    ]) {
      left.reached(part, done);
      shares.push(left.share);
    }
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares[5]]).toEqual([0, 1]);
    expect(left.secondsLeft(100)).toBe(0);
    left.reached(1, 0.9);
    // Nearly done, and it has taken ten times as long as was expected.
    const { share } = left;
    expect(left.secondsLeft(1000)).toBeGreaterThan(900 * (1 - share));
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
