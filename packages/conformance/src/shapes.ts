import type { Sizes } from '@sluice/core';

export interface Shape extends Sizes {
  readonly batch: number;
  readonly timesteps: number;
}

const shape = (batch: number, timesteps: number, inputSize: number, units: number): Shape => ({
  batch,
  timesteps,
  inputSize,
  units,
});

/** Sizes at which kernels often fail: 1, primes, just below and above vector widths and tiles, deep and wide products. */
export const shapes: readonly Shape[] = [
  shape(1, 1, 1, 1),
  shape(1, 7, 3, 5),
  shape(2, 1, 4, 4),
  shape(3, 5, 5, 5),
  shape(5, 4, 7, 13),
  shape(7, 3, 16, 16),
  shape(4, 6, 17, 15),
  shape(1, 64, 6, 8),
  shape(3, 64, 9, 9),
  shape(37, 7, 10, 11),
  shape(2, 3, 24, 130),
  shape(2, 2, 130, 130),
  shape(2, 2, 300, 7),
  shape(3, 2, 5, 260),
  shape(13, 2, 31, 33),
  shape(3, 11, 1, 19),
  shape(2, 13, 19, 1),
  shape(6, 8, 32, 32),
];

/** Different and equal sizes, for cases in which sizes do not matter otherwise. */
export const smallShapes: readonly Shape[] = [shape(3, 5, 4, 6), shape(2, 4, 5, 5)];

/** For cells with random equations: rows below, at and above vector widths. */
export const randomShapes: readonly Shape[] = [
  shape(3, 5, 4, 6),
  shape(2, 4, 5, 5),
  shape(1, 3, 1, 1),
  shape(4, 3, 3, 8),
  shape(2, 3, 7, 2),
  shape(5, 2, 2, 12),
];

/** A sequence that is long enough for larger tolerances, and a batch with products deeper than any block. */
export const largeShapes: readonly Shape[] = [shape(2, 200, 5, 6), shape(9, 64, 40, 72)];

/** One large size beside small ones: they find undocumented limits of kernels. */
export const oneLargeSize: readonly Shape[] = [
  shape(1031, 2, 3, 5),
  shape(2, 1031, 3, 5),
  shape(2, 2, 1031, 5),
  shape(2, 2, 3, 523),
];

/** A few of these rows fill a cache. */
export const longRows = shape(3, 150, 3, 90);

/** A batch without a sequence. */
export const noRows = shape(0, 3, 4, 5);

/** As `[batch, timesteps, inputSize → units]`. */
export const shapeText = ({ batch, timesteps, inputSize, units }: Shape): string =>
  `[${batch}, ${timesteps}, ${inputSize} → ${units}]`;
