import { ORTHONORMAL_ROWS, type OrthonormalRows } from '@sluice/tfjs';
import { backend, getBackend, getKernel, serialization, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { checkOptions } from '../checks.js';
import type { Initializer } from './layer-weights.js';
import { orthonormalizeRows } from './orthonormal-rows.js';
import { drawSeed, normalStream } from './random.js';

export interface OrthogonalOptions {
  /** Factor on the result. Default 1. */
  gain?: number;
  /** Whole number; the same seed gives the same weights on every backend. Default: a random seed for each weight. */
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
    return tensor(
      createOrthogonalMatrix(rows, columns, this.gain, this.seed ?? drawSeed()),
      shape,
      'float32',
    );
  }

  override getConfig(): serialization.ConfigDict {
    return { gain: this.gain, seed: this.seed ?? null };
  }
}
serialization.registerClass(Orthogonal);

/**
 * `gain` times a random matrix with orthonormal columns (orthonormal rows when it has more columns than rows), drawn
 * uniformly from all such matrices (Saxe et al. 2013, arXiv:1312.6120). Row-major, `rows · columns` numbers.
 *
 * Gram-Schmidt on a matrix of normal numbers: the diagonal of its R is positive, so the result is uniform (Mezzadri 2007,
 * arXiv:math-ph/0609050). One pass in float64 is far more exact than the float32 result. The backend's kernel computes it
 * where there is one (wasm), else plain TypeScript.
 */
export function createOrthogonalMatrix(
  rows: number,
  columns: number,
  gain: number,
  seed: number,
): Float32Array {
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const numbers = new Float64Array(count * length);
  const normal = normalStream(seed);
  for (let i = 0; i < numbers.length; i++) numbers[i] = normal();
  const vectors: OrthonormalRows = { numbers, count, length };
  const kernel = getKernel(ORTHONORMAL_ROWS, getBackend());
  if (kernel) kernel.kernelFunc({ inputs: {}, attrs: vectors as never, backend: backend() });
  else orthonormalizeRows(vectors);
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
 * A Keras initializer: random orthogonal weights, drawn uniformly. They are computed in float64, so a seed gives the same
 * weights on every backend, up to rounding. (TensorFlow.js's own takes seconds to minutes, and its result depends on the
 * backend.)
 *
 * @throws TypeError when the options are not an object, RangeError when one of them is unknown.
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  checkOptions('orthogonal', options, ['gain', 'seed'], 'orthogonal({ gain: 1 })');
  return new Orthogonal(options);
}
