import type { Sizes } from '../equations/parameters.js';
import type { FloatArray } from './description.js';
import type { NativeWeights } from './layout.js';

/**
 * SRU weights with the skip projection `s` that passes on one half of the input row, scaled.
 *
 * A bidirectional SRU of asappresearch/sru whose input is as wide as its output (every layer above the first) feeds the
 * highway of each direction that direction's half of the row. A cell of Sluice projects its skip when sizes differ, so
 * the half is written as a fourth block of the kernel, `[inputSize, 4·units]`.
 *
 * @param weights One direction's, kernel `[2·units, 3·units]`.
 * @param half 0 forward, 1 backward.
 * @param scale The library's `scale_x`: √(1 + 2 e^highwayBias) when it rescales, else 1.
 * @throws RangeError when the input is not twice as wide as the units, or the kernel has not three blocks.
 */
export function withHalfSkip<A extends FloatArray>(
  weights: NativeWeights<A>,
  { inputSize, units }: Sizes,
  half: 0 | 1,
  scale: number,
): NativeWeights<A> {
  if (inputSize !== 2 * units || weights.kernel.length !== inputSize * 3 * units) {
    throw new RangeError(
      `withHalfSkip: expected inputSize 2·units and a kernel of three blocks, [2·units, 3·units]; got inputSize ` +
        `${inputSize}, units ${units} and a kernel of ${weights.kernel.length} values.`,
    );
  }
  const length = inputSize * 4 * units;
  const kernel = weights.kernel instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  for (let row = 0; row < inputSize; row++) {
    kernel.set(weights.kernel.subarray(row * 3 * units, (row + 1) * 3 * units), row * 4 * units);
    const unit = row - half * units;
    if (unit >= 0 && unit < units) kernel[row * 4 * units + 3 * units + unit] = scale;
  }
  return { ...weights, kernel: kernel as A };
}
