import { combine, type Expression } from './expression.js';

type Activation = (x: Expression) => Expression;

/** The logistic function 1 / (1 + e^(−x)). */
export const sigmoid: Activation = (x) => combine('sigmoid', x);
/** The hyperbolic tangent. */
export const tanh: Activation = (x) => combine('tanh', x);
/** max(x, 0). */
export const relu: Activation = (x) => x.max(0);
/** clip(0.2 x + 0.5, 0, 1): the hard sigmoid of Keras 2, TensorFlow.js and ONNX's default. */
export const hardSigmoid: Activation = (x) => x.mul(0.2).add(0.5).max(0).min(1);
/** clip(x / 6 + 0.5, 0, 1): the hard sigmoid of Keras 3 and PyTorch. */
export const hardSigmoidSixth: Activation = (x) =>
  x
    .mul(1 / 6)
    .add(0.5)
    .max(0)
    .min(1);
/** x / (1 + |x|). */
export const softsign: Activation = (x) => x.div(combine('abs', x).add(1));
/** ln(1 + eˣ). */
export const softplus: Activation = (x) => combine('softplus', x);
/** eˣ. */
export const exp: Activation = (x) => combine('exp', x);
/** The natural logarithm. */
export const log: Activation = (x) => combine('log', x);
/** The square root; no activation, as it is defined for numbers ≥ 0 only. */
export const sqrt = (x: Expression): Expression => combine('sqrt', x);
/** x σ(x), also called swish. */
export const silu: Activation = (x) => x.mul(sigmoid(x));
/** x Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415). */
export const gelu: Activation = (x) => x.mul(combine('erf', x.mul(Math.SQRT1_2)).add(1).mul(0.5));
/** x where positive, else eˣ − 1 (Clevert et al. 2015, arXiv:1511.07289, α = 1). */
export const elu: Activation = (x) => x.max(0).add(exp(x.min(0)).sub(1));
/** x itself. */
export const linear: Activation = (x) => x;

/** Every activation by the name under which a cell's options refer to it. */
export const activations = {
  sigmoid,
  tanh,
  relu,
  hardSigmoid,
  hardSigmoidSixth,
  softsign,
  softplus,
  exp,
  log,
  silu,
  gelu,
  elu,
  linear,
} as const satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

/**
 * The activation of that name.
 * @throws RangeError listing the known names.
 */
export function activation(name: ActivationName): Activation {
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new RangeError(`Unknown activation '${name}'. Known: ${Object.keys(activations).join(', ')}.`);
}
