import { type Plan, planFor, referenceForward, referenceGradient } from '@sluice/core';
import { loopOf, type SequenceInputs } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { mapInputs } from '../src/buffers.js';
import { plainCase } from '../src/cases.js';
import { randomVariants } from '../src/cells/index.js';
import { makeProblem } from '../src/problem.js';
import { Random } from '../src/random.js';

const SHAPE = { batch: 2, timesteps: 3, inputSize: 2, units: 3 };
const STEP = 1e-5;

type Inputs = SequenceInputs<Float64Array>;

/** Every array that a gradient is taken with respect to, in the order of a gradient's arrays. */
const variablesOf = ({ x, parameters, initialStates = [] }: Inputs): Float64Array[] =>
  [x, ...parameters, ...initialStates].filter((values) => values !== undefined);

/** The scalar Σ weight · number over all results. */
function scalarOf(plan: Plan, inputs: Inputs, weights: { sequence: Float64Array; states: Float64Array[] }) {
  const { sequence, states } = referenceForward(plan, inputs);
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  return dot(sequence, weights.sequence) + states.reduce((sum, s, i) => sum + dot(s, weights.states[i]), 0);
}

describe('the gradient of random equations agrees with central differences', () => {
  test.each(randomVariants)('$name', (variant) => {
    const { plan, inputs: float32 } = makeProblem(plainCase(variant, SHAPE));
    const inputs = mapInputs(float32, (values) => Float64Array.from(values));
    const random = new Random(variant.name);
    const weightsOf = (values: Float64Array) => Float64Array.from(random.numbers(values.length));
    const { sequence, states } = referenceForward(plan, inputs);
    const weights = { sequence: weightsOf(sequence), states: states.map(weightsOf) };
    const computed = variablesOf({ ...inputs, ...referenceGradient(plan, inputs, weights) });
    variablesOf(inputs).forEach((values, array) => {
      values.forEach((value, i) => {
        values[i] = value + STEP;
        const above = scalarOf(plan, inputs, weights);
        values[i] = value - STEP;
        const below = scalarOf(plan, inputs, weights);
        values[i] = value;
        const difference = (above - below) / (2 * STEP);
        const error = Math.abs(computed[array][i] - difference) / Math.max(1, Math.abs(difference));
        expect(error, `array ${array}, number ${i}`).toBeLessThan(1e-6);
      });
    });
  });
});

test('random equations have every number of stages from none to several', () => {
  const stages = randomVariants.map(({ cell }) => {
    const { body } = loopOf(planFor(cell, SHAPE), 'training', { masked: 'no', x: 'steps' });
    return body.length - 1;
  });
  expect(new Set(stages).size).toBeGreaterThanOrEqual(4);
});
