/** The words that the equations of a cell are written with. */
export {
  type ActivationName,
  type ActivationParameters,
  type ActivationSetting,
  activations,
  affine,
  elu,
  exp,
  gelu,
  hardSigmoid,
  hardSigmoidSixth,
  leakyRelu,
  linear,
  log,
  mish,
  relu,
  relu6,
  scaledTanh,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  sqrt,
  tanh,
  thresholdedRelu,
} from './activations.js';
export { equal, greater, greaterEqual, less, lessEqual, notEqual, where } from './comparisons.js';
export { Expression } from './expression.js';
export { bias, kernel, recurrentKernel, recurrentVector } from './parameters.js';
