import { compileStream } from './compile-stream.js';
import type { StreamSource, StreamWeights } from './prepare.js';
import type { Quantize } from './quantize.js';
import { compileModule, createStreamSync, type StreamModel } from './runtime.js';

export interface CompareOptions {
  /** The bits to compare with float32. */
  readonly quantize: Quantize;
  /** Outputs in [0, 1] decide at this number. Default 0.5. */
  readonly threshold?: number;
}

/** What weights in fewer bits do to the outputs of a network on given frames. */
export interface QuantizedComparison {
  readonly frames: number;
  /** Outputs of all frames. */
  readonly outputs: number;
  /** Infinity when only one of the two outputs is a number. */
  readonly largestDifference: number;
  /** The frame with the largest difference, counted from 0. */
  readonly largestAt: number;
  readonly meanDifference: number;
  /** Outputs that reach the threshold in one of the two alone; undefined when the float32 outputs are not all in [0, 1]. */
  readonly flips: number | undefined;
  /** Bytes of the weights in the model. */
  readonly bytes: { readonly float32: number; readonly quantized: number };
}

/**
 * Runs a network with float32 weights and with weights in fewer bits on the same frames, one after the other, with states.
 *
 * @param frames of the network's input size, from one recording.
 * @throws RangeError without frames, for a threshold outside of [0, 1] and for a `quantize` that is missing or unknown; otherwise as `createStream`.
 */
export async function compareQuantized(
  source: StreamSource,
  weights: StreamWeights,
  frames: Iterable<ArrayLike<number>>,
  options: CompareOptions,
): Promise<QuantizedComparison> {
  const { quantize, threshold = 0.5 } = options ?? {};
  if (quantize === undefined) {
    throw new RangeError(
      "compareQuantized needs the bits to compare with float32, { quantize: 'int8' } or { quantize: 'float16' }, but was given none.",
    );
  }
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`threshold must be a number from 0 to 1, but is ${threshold}.`);
  }
  const models = [compileStream(source, weights), compileStream(source, weights, { quantize })];
  const [exact, rounded] = (await Promise.all(models.map(compileModule))).map(createStreamSync);
  const differences = new Differences(threshold);
  for (const frame of frames) differences.add(exact.process(frame), rounded.process(frame));
  exact.dispose();
  rounded.dispose();
  const [float32, quantized] = models.map(({ weights: { byteLength } }: StreamModel) => byteLength);
  return { ...differences.result(), bytes: { float32, quantized } };
}

class Differences {
  private frames = 0;
  private outputs = 0;
  private largest = 0;
  private largestAt = 0;
  private sum = 0;
  private flips = 0;
  private decides = true;

  constructor(private readonly threshold: number) {}

  add(expected: Float32Array, actual: Float32Array): void {
    const { threshold } = this;
    for (let i = 0; i < expected.length; i++) {
      const difference = differenceOf(expected[i], actual[i]);
      this.sum += difference;
      if (difference > this.largest) {
        this.largest = difference;
        this.largestAt = this.frames;
      }
      if (!(expected[i] >= 0 && expected[i] <= 1)) this.decides = false;
      if (expected[i] >= threshold !== actual[i] >= threshold) this.flips++;
    }
    this.frames++;
    this.outputs += expected.length;
  }

  result(): Omit<QuantizedComparison, 'bytes'> {
    const { frames, outputs, largest: largestDifference, largestAt } = this;
    if (frames === 0) throw new RangeError('A comparison needs at least one frame, but was given none.');
    const meanDifference = this.sum / outputs;
    const flips = this.decides ? this.flips : undefined;
    return { frames, outputs, largestDifference, largestAt, meanDifference, flips };
  }
}

/** Two equal infinities, and two NaN, do not differ. */
function differenceOf(expected: number, actual: number): number {
  if (Object.is(expected, actual)) return 0;
  const difference = Math.abs(expected - actual);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}
