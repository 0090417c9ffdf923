import { pointwiseProgram } from '@sluice/core/backend';
import { sqrt } from '@sluice/core/equations';
import { POINTWISE } from '@sluice/tfjs';
import {
  AdamOptimizer,
  div,
  engine,
  getBackend,
  getKernel,
  mul,
  type NamedTensorMap,
  type Scalar,
  scalar,
  sub,
  type Tensor,
  tidy,
  type Variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { formatValue } from '../checks.js';
import { type Gradients, toNamedGradients } from './gradients.js';

/** The arrays that an update of a weight replaces. */
const STATE = ['weight', 'first', 'second'] as const;
/** Numbers of one step, the same for all weights. */
const SCALARS = ['beta1', 'rest1', 'beta2', 'rest2', 'rate', 'correction2', 'epsilon'] as const;

/**
 * Adam's update of a weight (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1). ε is added after the square root, as in
 * TensorFlow.js. `rest` is 1 − β, `rate` the learning rate over 1 − β₁ᵗ, `correction2` is 1 / (1 − β₂ᵗ).
 */
const UPDATE = pointwiseProgram(
  [...STATE, 'gradient', ...SCALARS],
  ({ weight, first, second, gradient, beta1, rest1, beta2, rest2, rate, correction2, epsilon }) => {
    const newFirst = first.mul(beta1).add(gradient.mul(rest1));
    const newSecond = second.mul(beta2).add(gradient.mul(gradient).mul(rest2));
    const root = sqrt(newSecond.mul(correction2));
    return [weight.sub(rate.mul(newFirst).div(root.add(epsilon))), newFirst, newSecond];
  },
);

/** The state of TensorFlow.js's optimizer between steps; its type declarations call it private. */
interface AdamState {
  /** β₁ᵗ and β₂ᵗ of the next step t. */
  readonly accBeta1: Variable;
  readonly accBeta2: Variable;
  /** In the order of the weights. */
  readonly accumulatedFirstMoment: Moment[];
  readonly accumulatedSecondMoment: Moment[];
}

interface Moment {
  readonly originalName: string;
  readonly variable: Variable;
}

/** See `adam`. */
export class Adam extends AdamOptimizer {
  /** Can be set between two steps. */
  declare learningRate: number;

  override applyGradients(gradients: Gradients): void {
    const named = toNamedGradients(gradients);
    const weights = named.map(({ name }): Variable | undefined => engine().registeredVariables[name]);
    const isFloat = (tensor: Tensor | null | undefined) => tensor == null || tensor.dtype === 'float32';
    const isSupported = weights.every((weight, i) => weight && isFloat(weight) && isFloat(named[i].tensor));
    if (!isSupported || getKernel(POINTWISE, getBackend()) == null) {
      super.applyGradients(gradients as Parameters<AdamOptimizer['applyGradients']>[0]);
      return;
    }
    const state = this as unknown as AdamState;
    tidy(() => {
      const scalars = this.computeScalars();
      named.forEach(({ name, tensor: gradient }, i) => {
        const weight = weights[i] as Variable;
        // A weight without a gradient has moments too: TensorFlow.js finds them by position.
        state.accumulatedFirstMoment[i] ??= createMoment(`${name}/m`, weight);
        state.accumulatedSecondMoment[i] ??= createMoment(`${name}/v`, weight);
        if (gradient == null) return;
        const first = state.accumulatedFirstMoment[i].variable;
        const second = state.accumulatedSecondMoment[i].variable;
        const loads: Tensor[] = [weight, first, second, gradient, ...scalars];
        const inputs: NamedTensorMap = Object.fromEntries(loads.map((load, n) => [`load${n}`, load]));
        const results = engine().runKernel<Tensor[]>(POINTWISE, inputs, { program: UPDATE } as never);
        [weight, first, second].forEach((variable, n) => {
          variable.assign(results[n]);
        });
      });
      state.accBeta1.assign(mul(state.accBeta1, this.beta1));
      state.accBeta2.assign(mul(state.accBeta2, this.beta2));
    });
    this.incrementIterations();
  }

  /** The `SCALARS` of the next step. */
  private computeScalars(): Scalar[] {
    const { accBeta1, accBeta2 } = this as unknown as AdamState;
    return [
      scalar(this.beta1),
      scalar(1 - this.beta1),
      scalar(this.beta2),
      scalar(1 - this.beta2),
      div(this.learningRate, sub(1, accBeta1)),
      div(1, sub(1, accBeta2)),
      scalar(this.epsilon),
    ];
  }
}

const createMoment = (originalName: string, weight: Variable): Moment => ({
  originalName,
  variable: tidy(() => zerosLike(weight).variable(false)),
});

/**
 * The optimizer Adam. Its numbers are those of TensorFlow.js's `train.adam`, up to rounding, but on backends with Sluice's
 * kernels an update of a weight is one pass over memory. On other backends, and for weights that are not float32,
 * TensorFlow.js's update runs.
 *
 * Its state, configuration and class name are those of `train.adam`, so each can continue from the other's state. A model
 * that is loaded with its optimizer has `train.adam`.
 *
 * @param learningRate can be changed later: `optimizer.learningRate`.
 * @param epsilon default: the backend's, 1e-7 for float32.
 * @throws TypeError when one of them is not a number.
 */
export function adam(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon?: number): Adam {
  for (const [name, value] of Object.entries({ learningRate, beta1, beta2, epsilon })) {
    if (value == null || (typeof value === 'number' && !Number.isNaN(value))) continue;
    throw new TypeError(
      `adam takes numbers one after another, adam(learningRate, beta1, beta2, epsilon), but ${name} is ${formatValue(value)}.`,
    );
  }
  return new Adam(learningRate, beta1, beta2, epsilon);
}
