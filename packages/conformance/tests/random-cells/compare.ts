/** Compares core's reference, and its gradient, with the interpreter of descriptions. */
import { referenceForward, referenceGradient } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import { mapCotangents, mapInputs } from '../../src/buffers.js';
import type { Case } from '../../src/cases.js';
import type { RandomVariant } from '../../src/cells/random-equations.js';
import type { Problem } from '../../src/problem.js';
import { Random } from '../../src/random.js';
import { dual } from './dual.js';
import { type Given, interpret, type Run } from './interpret.js';
import type { DualRow } from './words.js';

const exact = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);

/** Arrays in a direction of which a derivative is taken, by name. */
type Directions = Readonly<Record<string, ArrayLike<number>>>;

const inDirection = (values: ArrayLike<number>, direction?: ArrayLike<number>): DualRow =>
  Array.from(values, (value, i) => dual(value, direction?.[i] ?? 0));

/** The problem's numbers for the interpreter, with the derivative in some directions. */
function givenOf({ plan, inputs }: Problem, directions: Directions): Given {
  const { batch, timesteps, maskedOutput = 'repeat', reverse = false } = inputs;
  const parameters = plan.parameters.map(
    ({ name }, i) => [name, inDirection(inputs.parameters[i], directions[`parameter ${name}`])] as const,
  );
  const states = plan.states.map((state, i) => {
    const values = inputs.initialStates?.[i] ?? new Float64Array(batch * plan.stateWidths[i]);
    return inDirection(values, directions[`state ${state}`]);
  });
  const dropout = plan.recurrentMasks.map(
    ({ parameter, block }, i) => [`${parameter}.${block}`, inputs.recurrentMasks?.[i] ?? []] as const,
  );
  return {
    ...{ batch, timesteps, maskedOutput, reverse, states, mask: inputs.mask },
    x: inDirection(inputs.x, directions.x),
    parameters: Object.fromEntries(parameters),
    dropout: Object.fromEntries(dropout),
  };
}

/** All numbers of a run in the order of the reference's arrays. */
const flat = ({ sequence, states }: Run) => ({
  sequence: sequence.flat(2),
  states: states.map((rows) => rows.flat()),
});

export interface Distance {
  readonly forward: number;
  readonly gradient: number;
}

const relative = (actual: number, expected: number): number => {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
};

/**
 * The largest differences between core's float64 reference and the interpreter: of outputs and final states, and of the
 * derivative in a random direction of each array.
 */
export function distanceTo(variant: RandomVariant, given: Case, problem: Problem): Distance {
  const { plan } = problem;
  const description = variant.describe(given.shape);
  const inputs: SequenceInputs<Float64Array> = mapInputs(problem.inputs, exact);
  const cotangents = mapCotangents(problem.cotangents, exact);
  const result = referenceForward(plan, inputs);
  const gradient = referenceGradient(plan, inputs, cotangents, result);

  const run = flat(interpret(description, plan, givenOf(problem, {})));
  const forward = [
    [run.sequence, result.sequence] as const,
    ...run.states.map((state, i) => [state, result.states[i]] as const),
  ].map(([actual, expected]) => {
    if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
    return Math.max(0, ...actual.map(({ v }, i) => relative(v, expected[i])));
  });

  const random = new Random(`directions of ${variant.name}`);
  const arrays = [
    ['x', gradient.x] as const,
    ...plan.parameters.map(({ name }, i) => [`parameter ${name}`, gradient.parameters[i]] as const),
    ...plan.states.map((state, i) => [`state ${state}`, gradient.initialStates[i]] as const),
  ];
  const slopes = arrays.map(([name, computed]) => {
    const direction = random.numbers(computed.length);
    const { sequence, states } = flat(interpret(description, plan, givenOf(problem, { [name]: direction })));
    const weighted = (row: DualRow, weights?: ArrayLike<number>) =>
      weights === undefined ? 0 : row.reduce((sum, { d }, i) => sum + d * weights[i], 0);
    const expected =
      weighted(sequence, cotangents.sequence) +
      states.reduce((sum, state, i) => sum + weighted(state, cotangents.states?.[i]), 0);
    const actual = computed.reduce((sum, value, i) => sum + value * direction[i], 0);
    return relative(actual, expected);
  });
  return { forward: Math.max(...forward), gradient: Math.max(...slopes) };
}
