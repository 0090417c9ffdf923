import type { Sizes } from '../equations/parameters.js';
import type { NativeWeights } from './define-layout.js';
import type { FloatArray } from './description.js';

/** The number of blocks of a kernel. */
const blocksOf = ({ length }: FloatArray, { inputSize, units }: Sizes): number =>
  length / (inputSize * units);

/**
 * Whether each direction's highway takes its half of the input row. This is so in asappresearch/sru, in every layer of a
 * bidirectional SRU above the first, whose input is as wide as its output.
 */
export const takesHalf = ({ inputSize, units }: Sizes): boolean => inputSize === 2 * units;

/**
 * The weights of one direction with a skip projection for its scaled half of the input row. A cell of Sluice projects its
 * skip when the sizes differ, so the half is a fourth block of the kernel, `[2·units, 4·units]`. Weights that have a fourth
 * block do not change.
 *
 * @param half 0 forward, 1 backward.
 */
export function withHalfSkip<A extends FloatArray>(
  weights: NativeWeights<A>,
  sizes: Sizes,
  half: number,
  scale: number,
): NativeWeights<A> {
  const { inputSize, units } = sizes;
  if (blocksOf(weights.kernel, sizes) !== 3) return weights;
  const kernel = zerosLike(weights.kernel, inputSize * 4 * units);
  for (let row = 0; row < inputSize; row++) {
    kernel.set(weights.kernel.subarray(row * 3 * units, (row + 1) * 3 * units), row * 4 * units);
    kernel.set(halfSkipRow(row, units, half, scale), (row * 4 + 3) * units);
  }
  return { ...weights, kernel: kernel as A };
}

/**
 * The inverse of `withHalfSkip`.
 * @throws RangeError when the skip projection is another one, for example a trained one.
 */
export function withoutHalfSkip<A extends FloatArray>(
  weights: NativeWeights<A>,
  sizes: Sizes,
  half: number,
  scale: number,
): NativeWeights<A> {
  const { inputSize, units } = sizes;
  if (blocksOf(weights.kernel, sizes) !== 4) return weights;
  const kernel = zerosLike(weights.kernel, inputSize * 3 * units);
  for (let row = 0; row < inputSize; row++) {
    const blocks = weights.kernel.subarray(row * 4 * units, (row + 1) * 4 * units);
    kernel.set(blocks.subarray(0, 3 * units), row * 3 * units);
    const expected = zerosLike(weights.kernel, units);
    expected.set(halfSkipRow(row, units, half, scale));
    if (expected.every((value, unit) => value === blocks[3 * units + unit])) continue;
    throw new RangeError(
      `layouts.asappresearch.sru: with inputSize ${inputSize} and ${units} units in each direction the library passes ` +
        `${half === 0 ? 'the first' : 'the second'} half of the input on, times ${scale}, but row ${row} of this skip ` +
        'projection differs (trained, or of another scale), and the library cannot store it.',
    );
  }
  return { ...weights, kernel: kernel as A };
}

/** One row of the skip projection: an element of the direction's half goes to its unit, scaled. */
function halfSkipRow(row: number, units: number, half: number, scale: number): number[] {
  return Array.from({ length: units }, (_, unit) => (row === half * units + unit ? scale : 0));
}

const zerosLike = (like: FloatArray, length: number): FloatArray =>
  like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
