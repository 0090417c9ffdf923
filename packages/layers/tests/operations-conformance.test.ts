import { type ConformanceCase, listCases, reportText, runCases, testBackend } from '@sluice/conformance';
import { expect, test } from 'vitest';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { createOperationsBackend } from './operations-backend.js';

// A time step is dozens of operations, so neither tier has all cases of the suite, which would take ten minutes.
const operations = {
  name: 'the operations of TensorFlow.js',
  create: createOperationsBackend,
  tier: 'quick',
  seed: testSeed(),
  randomCells: 20,
} as const;

/** In the quick tier, one in this many of the cases that are not dear; the seed chooses which. */
const PERIOD = 24;

/** Cases of at most this many steps and units take some hundredths of a second. */
const isCheap = ({ choices }: ConformanceCase): boolean =>
  choices === undefined || (choices.shape.timesteps <= 13 && choices.shape.units <= 33);

if (testTier() === 'full') {
  testBackend(operations);
} else {
  test(`the operations of TensorFlow.js pass one in ${PERIOD} of the suite's cheap cases`, async () => {
    const cheap = listCases({ ...operations, cells: 'all', level: 'training' }).filter(isCheap);
    const cases = cheap.filter((_, i) => (i + operations.seed) % PERIOD === 0);
    const report = await runCases(operations, cases);
    console.info(
      `${reportText(report)}\nOther turns have other seeds; long sequences and wide rows run in the full tier.`,
    );
    expect(report.failures).toEqual([]);
    expect(report.passed).toBe(cases.length);
  });
}
