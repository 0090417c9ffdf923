import { ORTHONORMAL_ROWS, type OrthonormalRows } from '@sluice/tfjs';
import { backend, getBackend, getKernel, serialization, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { checkOptions } from '../check-options.js';
import { makeOrthonormal } from './orthonormal-rows.js';
import { freshSeed, normalStream } from './random.js';
import type { Initializer } from './weight-rules.js';

export interface OrthogonalOptions {
  /** Factor on the result. Default 1. */
  gain?: number;
  /** Whole number; the same seed gives the same weights on every backend. Default: a fresh one for each weight. */
  seed?: number;
}

// TensorFlow.js recognises an initializer by this class, which it does not export.
const Base = Object.getPrototypeOf(initializers.zeros().constructor) as Pick<
  typeof serialization.Serializable,
  'fromConfig'
> &
  (new () => Initializer);

/** See `orthogonal`. */
export class Orthogonal extends Base {
  static readonly className = 'SluiceOrthogonal';
  private readonly gain: number;
  private readonly seed: number | undefined;

  constructor({ gain, seed }: OrthogonalOptions = {}) {
    super();
    this.gain = gain ?? 1;
    this.seed = seed ?? undefined;
  }

  override apply(shape: number[]): Tensor {
    if (shape.length < 2) {
      throw new RangeError(
        `The orthogonal initializer needs a matrix, but the weight has shape [${shape}]; use another initializer for it.`,
      );
    }
    const columns = shape[shape.length - 1];
    const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return tensor(orthogonalMatrix(rows, columns, this.gain, this.seed ?? freshSeed()), shape, 'float32');
  }

  override getConfig(): serialization.ConfigDict {
    return { gain: this.gain, seed: this.seed ?? null };
  }
}
serialization.registerClass(Orthogonal);

/**
 * `gain` times a random matrix with orthonormal columns (orthonormal rows where it is wider than high), uniformly
 * distributed over all such matrices (Saxe et al. 2013, arXiv:1312.6120). Row-major, `rows · columns` long.
 *
 * Gram-Schmidt on a normal matrix: its R has a positive diagonal, which is what makes the result uniform (Mezzadri 2007,
 * arXiv:math-ph/0609050). In float64 a single pass is far more exact than the float32 result. A backend's kernel does it where it
 * has one, as wasm does, else plain TypeScript.
 */
export function orthogonalMatrix(rows: number, columns: number, gain: number, seed: number): Float32Array {
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const numbers = new Float64Array(count * length);
  const normal = normalStream(seed);
  for (let i = 0; i < numbers.length; i++) numbers[i] = normal();
  const vectors: OrthonormalRows = { numbers, count, length };
  const kernel = getKernel(ORTHONORMAL_ROWS, getBackend());
  if (kernel) kernel.kernelFunc({ inputs: {}, attrs: vectors as never, backend: backend() });
  else makeOrthonormal(vectors);
  const result = new Float32Array(rows * columns);
  const [rowStep, columnStep] = rows < columns ? [length, 1] : [1, length];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[row * columns + column] = gain * numbers[row * rowStep + column * columnStep];
    }
  }
  return result;
}

/**
 * A Keras initializer: random orthogonal weights, uniformly distributed. They are computed in float64, so a seed
 * gives the same weights on every backend, up to rounding. (TensorFlow.js's own takes seconds to minutes, and what it gives
 * depends on the backend.)
 *
 * @throws TypeError, RangeError when it is given no object of options or one that it does not have.
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  checkOptions('orthogonal', options, ['gain', 'seed'], 'orthogonal({ gain: 1 })');
  return new Orthogonal(options);
}
