import { serialization, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
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
    return { gain: this.gain, ...(this.seed !== undefined && { seed: this.seed }) };
  }
}
serialization.registerClass(Orthogonal);

/**
 * `gain` times a random matrix with orthonormal columns (orthonormal rows where it is wider than high), uniformly
 * distributed over all such matrices (Saxe et al. 2013, arXiv:1312.6120). Row-major, `rows · columns` long.
 *
 * Modified Gram-Schmidt on a normal matrix: its R has a positive diagonal, which is what makes the result uniform
 * (Mezzadri 2007, arXiv:math-ph/0609050). In float64 a single pass is far more exact than the float32 result.
 */
export function orthogonalMatrix(rows: number, columns: number, gain: number, seed: number): Float32Array {
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const normal = normalStream(seed);
  const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, normal));
  vectors.forEach((vector, i) => {
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < length; k++) vector[k] /= norm;
    for (let j = i + 1; j < count; j++) removeComponent(vectors[j], vector);
  });
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[row * columns + column] = gain * (rows < columns ? vectors[row][column] : vectors[column][row]);
    }
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Subtracts from `vector` its component along the unit vector `direction`. */
function removeComponent(vector: Float64Array, direction: Float64Array): void {
  const amount = dot(vector, direction);
  for (let i = 0; i < vector.length; i++) vector[i] -= amount * direction[i];
}

/** A Keras initializer: random orthogonal weights, computed on the host (TensorFlow.js's takes seconds to minutes). */
export const orthogonal = (options: OrthogonalOptions = {}): Initializer => new Orthogonal(options);
