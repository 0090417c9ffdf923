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
import { shownValue } from '../check-options.js';
import { type Gradients, namedGradients } from './gradients.js';

/** The arrays that an update of a weight makes new. */
const STATE = ['weight', 'first', 'second'] as const;
/** Numbers that are the same for all weights in one step. */
const NUMBERS = ['beta1', 'rest1', 'beta2', 'rest2', 'rate', 'correction2', 'epsilon'] as const;

/**
 * Adam's update of a weight (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1) with ε added behind the root, as in
 * TensorFlow.js. `rest` is 1 − β, `rate` the learning rate over 1 − β₁ᵗ, `correction2` is 1 / (1 − β₂ᵗ).
 */
const UPDATE = pointwiseProgram(
  [...STATE, 'gradient', ...NUMBERS],
  ({ weight, first, second, gradient, beta1, rest1, beta2, rest2, rate, correction2, epsilon }) => {
    const newFirst = first.mul(beta1).add(gradient.mul(rest1));
    const newSecond = second.mul(beta2).add(gradient.mul(gradient).mul(rest2));
    const root = sqrt(newSecond.mul(correction2));
    return [weight.sub(rate.mul(newFirst).div(root.add(epsilon))), newFirst, newSecond];
  },
);

/** What TensorFlow.js's optimizer keeps from step to step; its declarations call it private. */
interface AdamState {
  /** β₁ᵗ and β₂ᵗ for the coming step t. */
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
  /** May be set between two steps. */
  declare learningRate: number;

  override applyGradients(gradients: Gradients): void {
    const named = namedGradients(gradients);
    const weights = named.map(({ name }): Variable | undefined => engine().registeredVariables[name]);
    const isFloat = (tensor: Tensor | null | undefined) => tensor == null || tensor.dtype === 'float32';
    const isOurs = weights.every((weight, i) => weight && isFloat(weight) && isFloat(named[i].tensor));
    if (!isOurs || getKernel(POINTWISE, getBackend()) == null) {
      super.applyGradients(gradients as Parameters<AdamOptimizer['applyGradients']>[0]);
      return;
    }
    const state = this as unknown as AdamState;
    tidy(() => {
      const numbers = this.numbers();
      named.forEach(({ name, tensor: gradient }, i) => {
        const weight = weights[i] as Variable;
        // A weight without a gradient has moments too: they are counted by position.
        state.accumulatedFirstMoment[i] ??= newMoment(`${name}/m`, weight);
        state.accumulatedSecondMoment[i] ??= newMoment(`${name}/v`, weight);
        if (gradient == null) return;
        const first = state.accumulatedFirstMoment[i].variable;
        const second = state.accumulatedSecondMoment[i].variable;
        const loads: Tensor[] = [weight, first, second, gradient, ...numbers];
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

  /** The step's `NUMBERS`. */
  private numbers(): Scalar[] {
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

const newMoment = (originalName: string, weight: Variable): Moment => ({
  originalName,
  variable: tidy(() => zerosLike(weight).variable(false)),
});

/**
 * The optimizer Adam, TensorFlow.js's `train.adam` with the same numbers up to rounding, whose update of a weight is one
 * pass over memory on backends with Sluice's kernels; on others, and for weights that are not float32, it is
 * TensorFlow.js's.
 *
 * Its state, configuration and class name are those of `train.adam`, so each continues what the other began. A model
 * that is loaded with its optimizer has TensorFlow.js's.
 *
 * @param learningRate may be set later as `optimizer.learningRate`.
 * @param epsilon default: the backend's, 1e-7 for float32.
 * @throws TypeError when one of them is not a number.
 */
export function adam(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon?: number): Adam {
  for (const [name, value] of Object.entries({ learningRate, beta1, beta2, epsilon })) {
    if (value == null || (typeof value === 'number' && !Number.isNaN(value))) continue;
    throw new TypeError(
      `adam takes numbers one after another, adam(learningRate, beta1, beta2, epsilon), but ${name} is ${shownValue(value)}.`,
    );
  }
  return new Adam(learningRate, beta1, beta2, epsilon);
}
