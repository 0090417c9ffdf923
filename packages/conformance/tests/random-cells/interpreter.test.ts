/** Core's reference on random cells, compared with an interpreter of their descriptions that shares no code with core. */
import { describe, expect, test } from 'vitest';
import { testSeed, testTier } from '../../../../scripts/tier.mjs';
import { randomCases } from '../../src/cases.js';
import { randomVariant } from '../../src/cells/random-equations.js';
import { makeProblem } from '../../src/problem.js';
import { distanceTo } from './compare.js';

/** Rounding errors of float64 are below 1e-14. */
const CLOSE = 1e-12;

/** Another seed has other cells. */
const first = testSeed() * randomCases.length;
const cells = Array.from({ length: testTier() === 'full' ? randomCases.length : 100 }, (_, i) => {
  const variant = randomVariant(first + i);
  return { name: variant.name, variant, given: { ...randomCases[i], variant } };
});

describe('forward pass and gradient of the reference agree with the interpreter', () => {
  test.each(cells)('$name', ({ variant, given }) => {
    const { forward, gradient } = distanceTo(variant, given, makeProblem(given));
    const cell = variant.print?.(given.shape);
    expect(forward, cell).toBeLessThan(CLOSE);
    expect(gradient, cell).toBeLessThan(CLOSE);
  });
});
