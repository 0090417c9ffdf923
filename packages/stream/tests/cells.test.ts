import { describe, test } from 'vitest';
import { variants } from '../../conformance/src/cells/index.js';
import { expectClose, runBoth } from './problem.js';

/** Sizes of rows around the widths of vectors and panels. */
const SIZES = [
  { inputSize: 5, units: 12 },
  { inputSize: 24, units: 20 },
];

describe.each(['wasm', 'cpu'] as const)('a stream of one cell on %s', (backend) => {
  test.each(variants.map(({ name }, i) => [name, i] as const))('%s', async (_, i) => {
    const { cell } = variants[i];
    const source = { cell, ...SIZES[i % SIZES.length] };
    const { actual, expected } = await runBoth(source, backend, { seed: i + 1 });
    expectClose(actual, expected);
  });
});
