import {
  type ParameterShape,
  type Plan,
  planFor,
  type ReferenceResult,
  referenceForward,
  referenceGradient,
} from '@sluice/core';
import { type Node, reachable, type SequenceCotangents, type SequenceInputs } from '@sluice/core/backend';
import { mapCotangents, mapInputs, namedGradient, namedResults } from './buffers.js';
import { type Case, caseText } from './cases.js';
import type { Locate, Named } from './compare.js';
import { changeByRounding, GOOD_CHANGE, MOST_DRAWS, shrinkCotangents, smallDivisor } from './conditioning.js';
import { makeLengths, makeMask } from './masks.js';
import { Random } from './random.js';

/** A plan with all inputs of a forward pass and a gradient, in float32. */
export interface Problem {
  readonly plan: Plan;
  readonly inputs: SequenceInputs<Float32Array>;
  readonly cotangents: SequenceCotangents<Float32Array>;
}

const ATTEMPTS = 100;

/**
 * The problem of a case: the same numbers every time.
 *
 * Numbers near a kink of the equations are drawn again: there the gradient jumps, and rounding may put a device on the
 * other side. Where the gradient divides by a small number, cotangents are smaller, and of some draws that is taken of which the
 * equations enlarge rounding errors least (`conditioning.ts`).
 */
export function makeProblem(given: Case): Problem {
  const name = `${given.variant.name}, ${caseText(given)}`;
  const drawn: { problem: Problem; change: number }[] = [];
  for (let attempt = 0; attempt < ATTEMPTS && drawn.length < MOST_DRAWS; attempt++) {
    const problem = draw(given, new Random(`${name} ${attempt}`));
    if (isNearKink(problem)) continue;
    const { plan, inputs, cotangents } = problem;
    const expected = referenceOf(problem);
    const divisor = smallDivisor(plan, expected);
    if (divisor === 1) return problem;
    const change = changeByRounding(plan, inputs, expected);
    drawn.push({ problem: { plan, inputs, cotangents: shrinkCotangents(cotangents, divisor) }, change });
    if (change <= GOOD_CHANGE) break;
  }
  const [best] = drawn.sort((a, b) => a.change - b.change);
  if (best !== undefined) return best.problem;
  throw new Error(`${name}: ${ATTEMPTS} draws of random numbers were all near a kink of the equations`);
}

function draw(given: Case, random: Random): Problem {
  const { variant, shape, maskedOutput, reverse, timeMajor, recurrentDropout } = given;
  const { batch, timesteps, inputSize, units } = shape;
  const plan = planFor(variant.cell, { inputSize, units }, { recurrentDropout });
  const statesWhere = (choice: string) =>
    plan.stateWidths.map((width, i) => {
      const values = random.numbers(batch * width, 0.8);
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
      parameters: plan.parameters.map((parameter) => parameterValues(parameter, random)),
      initialStates: given.initialStates === 'none' ? undefined : statesWhere(given.initialStates),
      mask: makeMask(given.mask, random, batch, timesteps),
      lengths: makeLengths(given.mask, random, batch, timesteps),
      // As in dropout: zero, or the inverse of the share that is not dropped.
      recurrentMasks: plan.recurrentMasks.map(({ width }) =>
        random.numbers(batch * width).map((v) => (v < -0.6 ? 0 : 1.25)),
      ),
    },
    cotangents: {
      sequence: given.cotangents.match(/all|sequence/)
        ? random.numbers(batch * timesteps * plan.outputWidth)
        : undefined,
      states: given.cotangents.match(/all|state/) ? statesWhere(given.cotangents) : undefined,
    },
  };
}

/**
 * Numbers for a parameter: vectors within ±0.5; matrices like the uniform initialization of Glorot & Bengio (2010) with half
 * its variance, within ±0.5, so that a recurrence without activation does not explode.
 */
function parameterValues({ form, shape, width }: ParameterShape, random: Random): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  if (form === 'vector') return random.numbers(length, 0.5);
  return random.numbers(length, Math.min(0.5, Math.sqrt(3 / (shape[0] + width))));
}

/** Much larger than a device's rounding errors in a pre-activation, much smaller than the pre-activation. */
const NEAR = 1e-5;

/**
 * Whether a value of the forward pass is close to a kink: a point where the derivative of `max`, `min` or `abs` jumps, or
 * where a comparison changes its result.
 *
 * Values exactly at a kink are fine: they come from exact zeros (initial states, results of `relu`), which are exact on
 * devices, too.
 */
export function isNearKink(problem: Problem): boolean {
  const { plan } = problem;
  const kinks = kinksOf(plan);
  const maxima = maximaOf(plan);
  if (kinks.length === 0 && maxima.length === 0) return false;
  const isNear = (distance: number) => distance !== 0 && Math.abs(distance) < NEAR;
  return referenceOf(problem).steps.some(
    ({ values }) =>
      kinks.some(([first, second]) => {
        const length = Math.max(values[first].length, values[second ?? first].length);
        const at = (id: number, i: number) => values[id][Math.floor((i * values[id].length) / length)];
        return Array.from({ length }).some((_, i) =>
          isNear(second === undefined ? at(first, i) : at(first, i) - at(second, i)),
        );
      }) ||
      maxima.some(({ operand, size }) => {
        for (let start = 0; start < values[operand].length; start += size) {
          const [largest, next] = values[operand].slice(start, start + size).sort((a, b) => b - a);
          if (size > 1 && isNear(largest - next)) return true;
        }
        return false;
      }),
  );
}

/** The operations with a kink where their operands are equal, or where their single operand is 0. */
const JUMPS: readonly string[] = ['max', 'min', 'abs', 'sign', 'greater', 'greaterEqual'];

/** The nodes on which states and output depend. Equations may name others, too. */
const forwardNodes = ({ nodes, newStates, output }: Plan): Node[] =>
  reachable(nodes, [...newStates, output]).map((id) => nodes[id]);

/** The operands of every operation of the forward pass that has a kink. A choice changes where its condition becomes 0. */
function kinksOf(plan: Plan): (readonly number[])[] {
  return forwardNodes(plan).flatMap((node) => {
    if (node.kind !== 'operation') return [];
    if (node.name === 'select') return [node.inputs.slice(0, 1)];
    return JUMPS.includes(node.name) ? [node.inputs] : [];
  });
}

/** The operands of which a largest number is taken, and how many numbers each is taken of. */
function maximaOf(plan: Plan): { operand: number; size: number }[] {
  return forwardNodes(plan).flatMap((node) => {
    if (node.kind !== 'rowOperation' || node.name !== 'maxWithin') return [];
    return [{ operand: node.operand, size: plan.widths[node.operand] / node.parts }];
  });
}

const exact = (values: Float32Array): Float64Array => new Float64Array(values);

/** The forward passes of problems, for their kinks, outputs and gradients. */
const known = new WeakMap<Problem['inputs'], ReferenceResult>();

/** The float64 reference's forward pass of a problem, with the values of every step. It runs once. */
export function referenceOf({ plan, inputs }: Problem): ReferenceResult {
  const result = known.get(inputs) ?? referenceForward(plan, mapInputs(inputs, exact));
  known.set(inputs, result);
  return result;
}

/** The float64 reference's outputs and final states of a problem. */
export const expectedForward = (problem: Problem): Named => namedResults(problem.plan, referenceOf(problem));

/** The float64 reference's gradient of a problem. */
export function expectedGradient(problem: Problem): Named {
  const { plan, inputs, cotangents } = problem;
  const given = mapCotangents(cotangents, exact);
  const gradient = referenceGradient(plan, mapInputs(inputs, exact), given, referenceOf(problem));
  return namedGradient(plan, gradient);
}

/** The place of a number in the results and gradients of a problem, by row, step and unit. */
export function locationIn({ plan, inputs }: Problem): Locate {
  const { batch, timesteps, timeMajor } = inputs;
  const { inputSize, stateWidths, outputWidth } = plan;
  const sequence = timeMajor ? { step: timesteps, row: batch } : { row: batch, step: timesteps };
  const parameters = plan.parameters.map(({ name, form, shape }) => {
    const sizes = form === 'matrix' ? { row: shape[0], column: shape[1] } : undefined;
    return [`gradient of ${name}`, sizes] as const;
  });
  const states = plan.states.flatMap((state, i) =>
    [`final state ${state}`, `gradient of initial state ${state}`].map(
      (name) => [name, { row: batch, unit: stateWidths[i] }] as const,
    ),
  );
  const sizes: Readonly<Record<string, Readonly<Record<string, number>> | undefined>> = {
    sequence: { ...sequence, unit: outputWidth },
    'gradient of x': { ...sequence, feature: inputSize },
    ...Object.fromEntries([...parameters, ...states]),
  };
  return (name, index) => {
    let rest = index;
    const places = Object.entries(sizes[name] ?? {})
      .reverse()
      .map(([dimension, size]) => {
        const place = `${dimension} ${rest % size}`;
        rest = Math.floor(rest / size);
        return place;
      });
    return places.length > 0 ? places.reverse().join(', ') : undefined;
  };
}
