import { describe, expect, test } from 'vitest';
import { plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { gradientOn } from '../device.js';
import { makeProblem } from '../problem.js';
import type { Subject, Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Calls whose buffers are released leave none behind, once a first one has made what the device keeps for a cell. */
export async function checkNothingIsLeft<Buffer>(
  { backend, liveBuffers = () => 0 }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
  await gradientOn(backend, problem);
  const before = liveBuffers();
  for (let i = 0; i < 3; i++) await gradientOn(backend, problem);
  expect(liveBuffers(), 'live buffers after three more calls whose buffers were released').toBe(before);
}

/** Only for backends that count. */
export const leaksSuite: Suite = (subject) =>
  describe('released buffers are freed', () => {
    for (const variant of commonVariants) test(variant.name, () => checkNothingIsLeft(subject(), variant));
  });
