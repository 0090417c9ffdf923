import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** The design's tolerances for float32 against float64, T ≤ 64, relative to max(1, |expected|). */
export const TOLERANCE = { forward: 2e-6, gradient: 2e-5 } as const;

/** Asserts that every number is near the expected one. */
export function expectClose(
  actual: Tensor,
  expected: ArrayLike<number>,
  kind: keyof typeof TOLERANCE,
  what: string,
): void {
  const values = actual.dataSync();
  expect(values.length, `${what}: count`).toBe(expected.length);
  let worst = { excess: 0, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(values[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    // A difference that is not a number must not pass for a small one.
    if (!(difference <= worst.excess)) worst = { excess: difference, at: i };
  }
  const detail = `${what}: element ${worst.at} is ${values[worst.at]}, expected ${expected[worst.at]}`;
  expect(worst.excess, detail).toBeLessThanOrEqual(TOLERANCE[kind]);
}
