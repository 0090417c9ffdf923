import { sqrt } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { concat, slice, sumParts, zeros } from '../equations/rows.js';
import type { Block } from './network.js';
import { Signal } from './signal.js';

/** The numbers of a window function, or its name. `hann` is the periodic one, as in PyTorch and SciPy. */
export type WindowSetting = 'hann' | 'rectangular' | readonly number[];

export interface StftOptions {
  /** The samples of a window. */
  readonly frameLength: number;
  /** Samples from window to window. Default: the new samples of each frame make one window. */
  readonly hop?: number;
  /** Default `hann`. */
  readonly window?: WindowSetting;
}

/**
 * The short-time Fourier transform: for each window `frameLength / 2 + 1` real parts and then as many imaginary parts. The
 * samples of a frame follow on those of the frames before, of which the block keeps `frameLength − hop`.
 */
export const stft =
  ({ frameLength, hop, window = 'hann' }: StftOptions): Block =>
  (input, scope) => {
    const step = hop ?? input.width;
    if (input.width % step !== 0) {
      throw new TypeError(`stft: a frame of ${input.width} samples is not divisible by the hop, ${step}.`);
    }
    const bins = frameLength / 2 + 1;
    const values = fourier(frameLength, windowOf(window, frameLength));
    const F = scope.matrix('transform', { role: 'kernel', rows: frameLength, width: 2 * bins, values });
    const kept = frameLength - step;
    if (kept < 0)
      throw new TypeError(`stft: the hop, ${step}, must not be above frameLength, ${frameLength}.`);
    const past = kept === 0 ? null : scope.state('past', kept);
    const samples = past === null ? input.row : concat(past, input.row);
    if (past !== null) scope.update('past', slice(samples, input.width, kept));
    const all = Signal.of(samples, 1, input.width + kept);
    const starts = Array.from({ length: input.width / step }, (_, i) => i * step);
    return Signal.join(
      starts.map((start) => F(concat(...all.window(start, frameLength)))),
      2 * bins,
    );
  };

/** The magnitudes of a spectrum: from real and imaginary parts, half as many numbers for each position. */
export const magnitude = (): Block => (input) =>
  input.map(input.channels / 2, (row) => sqrt(sumParts(row.mul(row), 2).max(SMALLEST)));

/** At 0 the square root has no derivative: below this energy it is constant. */
const SMALLEST = 1e-30;

export interface IstftOptions {
  readonly frameLength: number;
  /** Samples from window to window: the samples of a frame for each position. */
  readonly hop: number;
  /** The window by which each part is multiplied before it is added. Default `rectangular`. */
  readonly window?: WindowSetting;
}

/**
 * The inverse of `stft` with overlap and add: for each position `hop` finished samples. The block keeps the sums of the
 * samples that later windows still add to.
 */
export const istft =
  ({ frameLength, hop, window = 'rectangular' }: IstftOptions): Block =>
  (input, scope) => {
    const bins = frameLength / 2 + 1;
    const values = inverse(frameLength, windowOf(window, frameLength));
    const F = scope.matrix('transform', { role: 'kernel', rows: 2 * bins, width: frameLength, values });
    return overlapAdd({ hop })(
      input.map(frameLength, (row) => F(row)),
      scope,
    );
  };

/** Adds overlapping windows: positions of `frameLength` samples, each `hop` after the one before; `hop` samples for each. */
export const overlapAdd =
  ({ hop }: { readonly hop: number }): Block =>
  (input, scope) => {
    const { channels: length } = input;
    const kept = length - hop;
    if (kept < 0)
      throw new TypeError(
        `overlapAdd: the hop, ${hop}, must not be above the samples of a window, ${length}.`,
      );
    if (kept === 0) return Signal.join(input.rows, hop);
    let sums: Expression = scope.state('sums', kept);
    const finished: Expression[] = [];
    for (const row of input.rows) {
      const total = concat(sums, zeros(hop)).add(row);
      finished.push(slice(total, 0, hop));
      sums = slice(total, hop, kept);
    }
    scope.update('sums', sums);
    return Signal.of(concat(...finished), hop, input.positions);
  };

function windowOf(setting: WindowSetting, length: number): readonly number[] {
  if (length % 2 !== 0) throw new TypeError(`The length of a window must be even, but is ${length}.`);
  if (setting === 'rectangular') return Array<number>(length).fill(1);
  if (setting === 'hann') {
    return Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
  }
  if (typeof setting === 'string') {
    throw new TypeError(`The window must be 'hann', 'rectangular' or numbers, but is '${String(setting)}'.`);
  }
  if (setting.length === length) return setting;
  throw new TypeError(`The window has ${setting.length} numbers, but frameLength is ${length}.`);
}

/** A matrix `[length, 2 · bins]` of real, then imaginary parts. */
function fourier(length: number, weights: readonly number[]): Float32Array {
  const bins = length / 2 + 1;
  return Float32Array.from({ length: length * 2 * bins }, (_, i) => {
    const [n, column] = [Math.floor(i / (2 * bins)), i % (2 * bins)];
    return weights[n] * partOfWave(length, n, column % bins, column >= bins);
  });
}

/** The real part, or the imaginary part, of e^(−2πi n k / length). */
function partOfWave(length: number, n: number, k: number, isImaginary: boolean): number {
  const angle = (2 * Math.PI * ((n * k) % length)) / length;
  return isImaginary ? -Math.sin(angle) : Math.cos(angle);
}

/** A matrix `[2 · bins, length]`: each bin but the first and the last stands for itself and its conjugate. */
function inverse(length: number, weights: readonly number[]): Float32Array {
  const bins = length / 2 + 1;
  return Float32Array.from({ length: 2 * bins * length }, (_, i) => {
    const [row, n] = [Math.floor(i / length), i % length];
    const k = row % bins;
    const count = k === 0 || k === length / 2 ? 1 : 2;
    return (weights[n] * count * partOfWave(length, n, k, row >= bins)) / length;
  });
}
