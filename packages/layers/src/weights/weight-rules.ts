import type { constraints, initializers, regularizers } from '@tensorflow/tfjs-layers';

/** What weights start from, what they cost and what they are kept to; TensorFlow.js does not export these types. */
export type Initializer = ReturnType<typeof initializers.ones>;
export type Regularizer = ReturnType<typeof regularizers.l2>;
export type Constraint = ReturnType<typeof constraints.nonNeg>;
