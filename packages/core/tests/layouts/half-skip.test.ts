import { describe, expect, it } from 'vitest';
import { cells } from '../../src/index.js';
import { layouts } from '../../src/layouts/index.js';

const layout = layouts.asappresearch.sru;
const sizes = { inputSize: 2, units: 1 };
/** The library's kernel for both directions, `[2, 2·1·3]`: candidate, forget, reset of one direction, then of the other. */
const weight = Float64Array.from({ length: 12 }, (_, i) => i + 1);

describe('a bidirectional SRU of asappresearch whose input is as wide as its output', () => {
  it('has its half of the row in the kernel, scaled as the cell says', () => {
    const plain = layout.toNativeBidirectional({ weight }, sizes);
    expect([...plain.forward.kernel]).toEqual([1, 2, 3, 1, 7, 8, 9, 0]);
    expect([...plain.backward.kernel]).toEqual([4, 5, 6, 0, 10, 11, 12, 1]);
    const { forward, backward } = layout.toNativeBidirectional({ weight }, sizes, { scale: 0.5 });
    expect([forward.kernel[3], backward.kernel[7]]).toEqual([0.5, 0.5]);
    const options = { rescale: true, highwayBias: -1 };
    const rescaled = layout.toNativeBidirectional({ weight }, sizes, options);
    expect(rescaled.forward.kernel[3]).toBe(Math.sqrt(1 + 2 * Math.exp(-1)));
    // What the cell takes.
    const [{ shape }] = cells.sru(options).parameters(sizes);
    expect(shape).toEqual([2, 4]);
  });

  it('has none without highway', () => {
    const { forward } = layout.toNativeBidirectional({ weight }, sizes, { highway: false });
    expect([...forward.kernel]).toEqual([1, 2, 3, 7, 8, 9]);
    const [{ shape }] = cells.sru({ highway: false }).parameters(sizes);
    expect(shape).toEqual([2, 3]);
  });

  it.each([Float32Array, Float64Array])('goes back into the library, %o', (Type) => {
    const given = { weight: new Type(weight) as Float64Array };
    for (const options of [{}, { scale: 0.3 }, { rescale: true }, { highway: false }]) {
      const both = layout.toNativeBidirectional(given, sizes, options);
      expect(layout.fromNativeBidirectional(both, sizes, options)).toEqual(given);
    }
  });

  it('does not go back when the skip is another one', () => {
    const both = layout.toNativeBidirectional({ weight }, sizes);
    expect(() => layout.fromNativeBidirectional(both, sizes, { scale: 2 })).toThrow(
      /passes the first half of the input on, times 2, but row 0 of this skip projection differs/,
    );
    both.backward.kernel[3] = 0.1;
    expect(() => layout.fromNativeBidirectional(both, sizes)).toThrow(/the second half .* row 0/);
  });
});

it('four matrices with an input as wide as one direction fit a cell that projects its skip', () => {
  const four = Float64Array.from({ length: 2 * 2 * 2 * 4 }, (_, i) => i);
  const { forward } = layout.toNativeBidirectional({ weight: four }, { inputSize: 2, units: 2 });
  const [{ shape, blocks }] = cells.sru({ projectSkip: true }).parameters({ inputSize: 2, units: 2 });
  expect([blocks, shape]).toEqual([
    ['c', 'f', 'r', 's'],
    [2, 8],
  ]);
  expect(forward.kernel).toHaveLength(16);
  expect([...forward.kernel.slice(6, 8)]).toEqual([3, 7]);
});
