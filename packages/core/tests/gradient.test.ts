import { describe, expect, test } from 'vitest';
import type { SequenceInputs } from '../src/backend/index.js';
import {
  type ActivationName,
  type ActivationSetting,
  activations,
  bias,
  greater,
  kernel,
  recurrentVector,
  softplus,
  sqrt,
  tanh,
  where,
} from '../src/equations/index.js';
import {
  type Cell,
  cells,
  defineCell,
  type Plan,
  referenceForward,
  referenceGradient,
} from '../src/index.js';
import { numbers, problem } from './problem.js';

const SHAPE = { batch: 2, timesteps: 4, inputSize: 3, units: 4 };
const SQUARE = { ...SHAPE, inputSize: 4 };

/** Every array that a gradient is taken with respect to, by name. */
function variables(plan: Plan, inputs: SequenceInputs<Float64Array>): Record<string, Float64Array> {
  const { x, parameters, initialStates = [] } = inputs;
  return {
    x,
    ...Object.fromEntries(plan.parameters.map(({ name }, i) => [name, parameters[i]])),
    ...Object.fromEntries(plan.states.map((state, i) => [state, initialStates[i] as Float64Array])),
  };
}

/** Directions in which each variable is moved. A wrong component is wrong in all of them. */
const DIRECTIONS = 4;

/** Checks the gradient of Σ r ⊙ results against central differences along random directions of each variable. */
function checkGradient(
  cell: Cell,
  shape: typeof SHAPE,
  options: Partial<SequenceInputs<Float64Array>> & { recurrentDropout?: boolean } = {},
) {
  const { recurrentDropout = false, ...given } = options;
  const { plan, inputs: plain } = problem(cell, shape, { recurrentDropout });
  const inputs = { ...plain, ...given };
  const random = numbers(11);
  const cotangents = {
    sequence: random(shape.batch * shape.timesteps * plan.outputWidth),
    states: plan.stateWidths.map((width) => random(shape.batch * width)),
  };
  const scalar = () => {
    const { sequence, states } = referenceForward(plan, inputs);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    return (
      dot(sequence, cotangents.sequence) + states.reduce((sum, s, i) => sum + dot(s, cotangents.states[i]), 0)
    );
  };
  const gradient = referenceGradient(plan, inputs, cotangents);
  const computed = variables(plan, { ...inputs, ...gradient });
  for (const [name, values] of Object.entries(variables(plan, inputs))) {
    const step = 1e-5;
    const start = values.slice();
    let largest = 0;
    for (let count = 0; count < DIRECTIONS; count++) {
      // No component is near 0.
      const direction = random(values.length).map((number) => number + Math.sign(number));
      const moved = (distance: number) => {
        values.forEach((_, i) => {
          values[i] = start[i] + distance * direction[i];
        });
        return scalar();
      };
      const difference = (moved(step) - moved(-step)) / (2 * step);
      values.set(start);
      const product = computed[name].reduce((sum, value, i) => sum + value * direction[i], 0);
      const error = Math.abs(product - difference) / Math.max(1, Math.abs(difference));
      expect(error, `${cell.name}: d ${name}`).toBeLessThan(1e-6);
      largest = Math.max(largest, Math.abs(difference));
    }
    expect(largest, `${name} matters`).toBeGreaterThan(1e-3);
  }
}

/** Roots of rows that are well above 0. */
const roots = () =>
  defineCell({
    name: 'roots',
    states: ['h'],
    parameters: { kernel: kernel('a'), recurrentVector: recurrentVector('a'), bias: bias('a') },
    equations: ({ x, h }, { kernel: W, recurrentVector: v, bias: b }) => ({
      h: sqrt(softplus(W.a(x).add(v.a.mul(h)).add(b.a))).sub(h.mul(0.5)),
    }),
  });

/** Rows chosen from rows. */
const choices = () =>
  defineCell({
    name: 'choices',
    states: ['h'],
    parameters: { kernel: kernel('a', 'b'), recurrentVector: recurrentVector('a'), bias: bias('a') },
    equations: ({ x, h }, { kernel: W, recurrentVector: v, bias: b }) => {
      const [first, second] = [W.a(x).add(v.a.mul(h)), W.b(x).add(b.a)];
      const chosen = where(greater(first, second), tanh(first).mul(h), second.mul(0.3));
      return { h: chosen.add(first.max(second.mul(h)).min(b.a).mul(0.2)) };
    },
  });

const variants: Record<string, () => Cell> = {
  ...cells,
  // By default its hidden layer has 128 units: two thirds of the time of this file.
  cfc: () => cells.cfc({ backboneUnits: 6 }),
  choices,
  'gru, reset before': () => cells.gru({ resetAfter: false }),
  'gru, reset before, z takes the candidate': () => cells.gru({ resetAfter: false, update: 'take' }),
  'gru, z takes the candidate': () => cells.gru({ update: 'take' }),
  'gru without bias': () => cells.gru({ useBias: false }),
  'lstm, two activations, clip': () =>
    cells.lstm({ outputActivation: 'softsign', activation: 'elu', clip: 0.6 }),
  'lstm, coupled, peephole': () => cells.lstm({ inputForget: true, peephole: true }),
  'gru, clip': () => cells.gru({ resetAfter: false, clip: 0.5 }),
  'lstm with peephole': () => cells.lstm({ peephole: true }),
  'sru version 1': () => cells.sru({ version: 1 }),
  'sru without highway': () => cells.sru({ highway: false }),
  'sru with tanh, rescaled': () => cells.sru({ activation: 'tanh', rescale: true, highwayBias: -2 }),
  'sru with full recurrence': () => cells.sru({ recurrence: 'full' }),
  roots,
};

describe('the gradient agrees with central differences', () => {
  for (const [name, cell] of Object.entries(variants)) {
    test(name, () => {
      checkGradient(cell(), SHAPE);
      checkGradient(cell(), SQUARE);
    });
    test(`${name}: mask, repeated output, reversed`, () => {
      const mask = Float64Array.of(1, 0, 1, 1, 0, 1, 1, 0);
      checkGradient(cell(), SHAPE, { mask, reverse: true });
    });
    test(`${name}: mask, zero output`, () => {
      checkGradient(cell(), SHAPE, { mask: Float64Array.of(0, 1, 1, 0, 1, 1, 0, 0), maskedOutput: 'zero' });
    });
  }

  for (const name of ['gru', 'lstm', 'simpleRnn', 'liGru'] as const) {
    test(`${name} with recurrent dropout`, () =>
      checkGradient(cells[name](), SHAPE, { recurrentDropout: true }));
  }

  const settings: ActivationSetting[] = [
    ...(Object.keys(activations) as ActivationName[]),
    { name: 'leakyRelu', alpha: -0.5 },
    { name: 'elu', alpha: 0.7 },
    { name: 'scaledTanh', alpha: 1.7, beta: 0.6 },
    { name: 'thresholdedRelu', alpha: 0.1 },
  ];
  for (const activation of settings) {
    // The logarithm is not defined for the negative pre-activations of this problem; few of them are above 1.
    if (activation === 'log' || activation === 'thresholdedRelu') continue;
    test(`activation ${JSON.stringify(activation)}`, () =>
      checkGradient(cells.simpleRnn({ activation }), SHAPE));
  }
});
