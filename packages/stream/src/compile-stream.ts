import { integerProducts } from '@sluice/backend-wasm/integer-products';
import { refuseOptions } from './options.js';
import { compileWith, type StreamSource, type StreamWeights } from './prepare.js';
import type { Quantize } from './quantize.js';
import type { StreamModel } from './runtime.js';

export interface CompileOptions {
  /** Weights in fewer bits. Default: float32. */
  readonly quantize?: Quantize;
}

/**
 * Compiles a network for streams: plain data, for `createStreamSync`, a worker, an AudioWorklet or a file.
 *
 * @param source a network of blocks (`@sluice/core/network`), or a cell with its sizes.
 * @param weights numbers for every parameter, by its name. Those that belong to a block, such as a Fourier transform, are known.
 * @throws TypeError naming all parameters that are missing, too many or of another length, and those that the bits cannot hold;
 *   RangeError when `quantize` is unknown.
 */
export function compileStream(
  source: StreamSource,
  weights: StreamWeights = {},
  { quantize, ...others }: CompileOptions = {},
): StreamModel {
  refuseOptions('compileStream', Object.keys(others));
  return compileWith(source, weights, quantize, integerProducts);
}
