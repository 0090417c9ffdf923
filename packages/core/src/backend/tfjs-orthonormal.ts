/**
 * `SluiceOrthonormalRows`, a TensorFlow.js kernel that a backend may have beside the recurrent ones: no inputs, no outputs; makes
 * rows of float64 numbers orthonormal where they are, each a combination of itself, with a factor above 0, and those before it.
 */
export const ORTHONORMAL_ROWS = 'SluiceOrthonormalRows';

/** Its attributes. */
export interface OrthonormalRows {
  /** `count` rows of `length` numbers, one after another. */
  readonly numbers: Float64Array;
  readonly count: number;
  readonly length: number;
}
