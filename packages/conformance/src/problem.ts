import { type ParameterShape, type Plan, planFor } from '@sluice/core';
import type { SequenceCotangents, SequenceInputs } from '@sluice/core/backend';
import { type Case, caseText } from './cases.js';
import { isNearKink } from './kinks.js';
import { makeLengths, makeMask } from './masks.js';
import { Random } from './random.js';

/** A plan with everything that a forward pass and a gradient take, in the float32 numbers that a device is given. */
export interface Problem {
  readonly plan: Plan;
  readonly inputs: SequenceInputs<Float32Array>;
  readonly cotangents: SequenceCotangents<Float32Array>;
}

const ATTEMPTS = 100;

/**
 * The problem of a case: the same numbers every time.
 *
 * Numbers near a kink of the equations are drawn again: there the gradient jumps, and a device may rightly be on the
 * other side.
 */
export function makeProblem(given: Case): Problem {
  const name = `${given.variant.name}, ${caseText(given)}`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const problem = draw(given, new Random(`${name} ${attempt}`));
    if (!isNearKink(problem)) return problem;
  }
  throw new Error(`${name}: ${ATTEMPTS} draws of random numbers all came near a kink of the equations`);
}

function draw(given: Case, random: Random): Problem {
  const { variant, shape, maskedOutput, reverse, timeMajor, recurrentDropout } = given;
  const { batch, timesteps, inputSize, units } = shape;
  const plan = planFor(variant.cell, { inputSize, units }, { recurrentDropout });
  const rows = batch * units;
  const statesWhere = (choice: string) =>
    plan.states.map((_, i) => {
      const values = random.numbers(rows, 0.8);
      return choice.startsWith('last') && i < plan.states.length - 1 ? undefined : values;
    });
  return {
    plan,
    inputs: {
      batch,
      timesteps,
      maskedOutput,
      reverse,
      timeMajor,
      x: random.numbers(batch * timesteps * inputSize),
      parameters: plan.parameters.map((parameter) => parameterValues(parameter, units, random)),
      initialStates: given.initialStates === 'none' ? undefined : statesWhere(given.initialStates),
      mask: makeMask(given.mask, random, batch, timesteps),
      lengths: makeLengths(given.mask, random, batch, timesteps),
      // As dropout draws them: zero, or the inverse of the share that is kept.
      recurrentMasks: plan.recurrentMasks.map(() => random.numbers(rows).map((v) => (v < -0.6 ? 0 : 1.25))),
    },
    cotangents: {
      sequence: given.cotangents.match(/all|sequence/)
        ? random.numbers(batch * timesteps * units)
        : undefined,
      states: given.cotangents.match(/all|state/) ? statesWhere(given.cotangents) : undefined,
    },
  };
}

/**
 * Numbers for a parameter: vectors within ±0.5, matrices like Glorot & Bengio's (2010) uniform initialization with half
 * its variance, never beyond ±0.5, so that even a recurrence without any squashing function does not explode.
 */
function parameterValues({ form, shape }: ParameterShape, units: number, random: Random): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  if (form === 'vector') return random.numbers(length, 0.5);
  return random.numbers(length, Math.min(0.5, Math.sqrt(3 / (shape[0] + units))));
}
