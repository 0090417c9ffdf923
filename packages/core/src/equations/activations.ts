import { isDeviceNumber } from './check-definition.js';
import { combine, type Expression, lessEqual, where } from './expression.js';

/** The parameters of some activations; each activation has its own defaults. */
export type ActivationParameters = { readonly alpha?: number; readonly beta?: number };

type Activation = (x: Expression, parameters?: ActivationParameters) => Expression;

/** The logistic function 1 / (1 + e^(−x)). */
export const sigmoid: Activation = (x) => combine('sigmoid', x);
/** The hyperbolic tangent. */
export const tanh: Activation = (x) => combine('tanh', x);
/** max(x, 0). */
export const relu: Activation = (x) => x.max(0);
/** max(x, 0), but no more than 6. */
export const relu6: Activation = (x) => x.max(0).min(6);
/** x where positive, else α x. α is 0.2 by default, as in Keras's function of that name (ONNX, PyTorch: 0.01). */
export const leakyRelu: Activation = (x, { alpha = 0.2 } = {}) => x.max(0).add(x.min(0).mul(alpha));
/** x where x > α, else 0; α is 1 by default (ONNX: ThresholdedRelu). */
export const thresholdedRelu: Activation = (x, { alpha = 1 } = {}) => where(lessEqual(x, alpha), 0, x);
/** α x + β, by default x (ONNX: Affine). */
export const affine: Activation = (x, { alpha = 1, beta = 0 } = {}) => x.mul(alpha).add(beta);
/** α tanh(β x), by default tanh (ONNX: ScaledTanh). */
export const scaledTanh: Activation = (x, { alpha = 1, beta = 1 } = {}) => tanh(x.mul(beta)).mul(alpha);
/** clip(α x + β, 0, 1), by default clip(0.2 x + 0.5, 0, 1): the hard sigmoid of Keras 2, TensorFlow.js and ONNX. */
export const hardSigmoid: Activation = (x, { alpha = 0.2, beta = 0.5 } = {}) =>
  x.mul(alpha).add(beta).max(0).min(1);
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
/** The square root. It is no activation, since it is defined only for numbers ≥ 0. */
export const sqrt = (x: Expression): Expression => combine('sqrt', x);
/** x σ(x), also called swish. */
export const silu: Activation = (x) => x.mul(sigmoid(x));
/** x Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415). */
export const gelu: Activation = (x) => x.mul(combine('erf', x.mul(Math.SQRT1_2)).add(1).mul(0.5));
/** x where positive, else α (eˣ − 1). Clevert et al. 2015, arXiv:1511.07289. α is 1 by default. */
export const elu: Activation = (x, { alpha = 1 } = {}) => x.max(0).add(exp(x.min(0)).sub(1).mul(alpha));
/** An elu scaled so that activations keep their mean and variance. Klambauer et al. 2017, arXiv:1706.02515. */
export const selu: Activation = (x) => elu(x, { alpha: 1.6732632423543772 }).mul(1.0507009873554805);
/** x tanh(ln(1 + eˣ)). Misra 2019, arXiv:1908.08681. */
export const mish: Activation = (x) => x.mul(tanh(softplus(x)));
/** x itself. */
export const linear: Activation = (x) => x;

/** Every activation by its name in a cell's options. */
export const activations = {
  sigmoid,
  tanh,
  relu,
  relu6,
  leakyRelu,
  thresholdedRelu,
  affine,
  scaledTanh,
  hardSigmoid,
  hardSigmoidSixth,
  softsign,
  softplus,
  exp,
  log,
  silu,
  mish,
  gelu,
  elu,
  selu,
  linear,
} as const satisfies Record<string, Activation>;

/** Aliases: the names in Keras and TensorFlow.js, in the snake case of their files. */
export const activationAliases = {
  swish: 'silu',
  exponential: 'exp',
  hard_sigmoid: 'hardSigmoid',
  hard_sigmoid_sixth: 'hardSigmoidSixth',
  leaky_relu: 'leakyRelu',
  thresholded_relu: 'thresholdedRelu',
  scaled_tanh: 'scaledTanh',
} as const satisfies Record<string, keyof typeof activations>;

export type ActivationName = keyof typeof activations | keyof typeof activationAliases;

/** An activation in options: its name, or its name and parameters, `{ name: 'leakyRelu', alpha: 0.1 }`. */
export type ActivationSetting = ActivationName | (ActivationParameters & { readonly name: ActivationName });

/** The parameters of each activation. */
const parametersOf: Readonly<Partial<Record<string, readonly string[]>>> = {
  leakyRelu: ['alpha'],
  thresholdedRelu: ['alpha'],
  elu: ['alpha'],
  affine: ['alpha', 'beta'],
  scaledTanh: ['alpha', 'beta'],
  hardSigmoid: ['alpha', 'beta'],
};

/**
 * The activation of that name, with its parameters.
 * @param owner the beginning of errors: the cell and its option.
 * @throws RangeError listing the known names or parameters, TypeError when a parameter is no finite number.
 */
export function activation(setting: ActivationSetting, owner = ''): (x: Expression) => Expression {
  const { name: given, ...parameters } = typeof setting === 'object' ? { ...setting } : { name: setting };
  const aliases: Readonly<Record<string, keyof typeof activations>> = activationAliases;
  const name = Object.hasOwn(aliases, given) ? aliases[given] : (given as keyof typeof activations);
  if (!Object.hasOwn(activations, name)) {
    const known = [...Object.keys(activations), ...Object.keys(activationAliases)].join(', ');
    throw new RangeError(
      `${owner}Unknown activation ${typeof given === 'string' ? `'${given}'` : String(given)}. Known: ${known}.`,
    );
  }
  const known = parametersOf[name] ?? [];
  for (const [parameter, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!known.includes(parameter)) {
      throw new RangeError(
        `${owner}The activation '${given}' has no parameter '${parameter}'; it has ${known.join(' and ') || 'none'}.`,
      );
    }
    if (isDeviceNumber(value)) continue;
    throw new TypeError(
      `${owner}The activation '${given}': ${parameter} must be a finite number, but is ${String(value)}.`,
    );
  }
  return (x) => activations[name](x, parameters as ActivationParameters);
}
