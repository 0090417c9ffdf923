import type { Plan } from '../plan/plan.js';
import type { SequenceCotangents, SequenceInputs, SequenceResult } from './interface.js';
import { checkLengths } from './sequences.js';

interface Sized {
  readonly length: number;
}

/**
 * Checks the length of every array against its shape. A step of a single sequence takes microseconds, so names are put
 * together only for errors.
 * @throws RangeError naming the cell, the array, its length and the expected shape.
 */
export function checkInputs<Buffer extends Sized>(plan: Plan, inputs: SequenceInputs<Buffer>): void {
  const { batch, timesteps, parameters, initialStates, recurrentMasks = [] } = inputs;
  checkSize(plan, 'batch', batch, 0);
  checkSize(plan, 'timesteps', timesteps, 1);
  checkCount(plan, 'parameters', parameters, plan.parameters, ({ name }) => name);
  checkGiven(plan, inputs.x, [batch, timesteps, plan.inputSize], 'x');
  plan.parameters.forEach(({ name, shape }, i) => {
    checkGiven(plan, parameters[i], shape, '', name);
  });
  checkStates(plan, 'initial states', initialStates);
  plan.states.forEach((state, i) => {
    check(plan, initialStates?.[i], [batch, plan.stateWidths[i]], 'the initial state ', state);
  });
  check(plan, inputs.mask, [batch, timesteps], 'mask');
  if (inputs.lengths !== undefined) checkLengths(plan.cell.name, inputs.lengths, inputs);
  checkCount(plan, 'recurrentMasks', recurrentMasks, plan.recurrentMasks, ({ block }) => block);
  plan.recurrentMasks.forEach(({ block, width }, i) => {
    checkGiven(plan, recurrentMasks[i], [batch, width], 'the recurrent mask of ', block);
  });
}

/**
 * Checks the lengths of cotangents.
 * @throws RangeError naming the cell, the array, its length and the expected shape.
 */
export function checkCotangents<Buffer extends Sized>(
  plan: Plan,
  { batch, timesteps }: SequenceInputs<Buffer>,
  { sequence, states }: SequenceCotangents<Buffer>,
): void {
  check(plan, sequence, [batch, timesteps, plan.outputWidth], 'the cotangent of the sequence');
  checkStates(plan, 'state cotangents', states);
  plan.states.forEach((state, i) => {
    check(plan, states?.[i], [batch, plan.stateWidths[i]], 'the cotangent of ', state);
  });
}

function checkSize(plan: Plan, name: string, size: number, least: number): void {
  if (Number.isInteger(size) && size >= least) return;
  throw new RangeError(
    `Cell '${plan.cell.name}': ${name} must be a whole number of at least ${least}, but is ${size}.`,
  );
}

/** A list must name every state: a forgotten state would silently count as zeros. */
function checkStates(plan: Plan, what: string, given: readonly unknown[] | undefined): void {
  if (given === undefined) return;
  checkCount(plan, what, given, plan.states, (state) => state, ': give undefined for zeros');
}

function checkCount<Expected>(
  plan: Plan,
  what: string,
  given: readonly unknown[],
  expected: readonly Expected[],
  nameOf: (expected: Expected) => string,
  advice = '',
): void {
  if (given.length === expected.length) return;
  const list = expected.length > 0 ? ` (${expected.map(nameOf).join(', ')})` : '';
  throw new RangeError(
    `Cell '${plan.cell.name}' takes ${expected.length} ${what}${list}, but was given ${given.length}${advice}.`,
  );
}

/**
 * Checks the result of `forward(plan, inputs, true)` before the gradient reads it.
 * @throws RangeError when it has no saved values, or those of another plan or shape.
 */
export function checkResult<Buffer extends Sized>(
  plan: Plan,
  { batch, timesteps }: SequenceInputs<Buffer>,
  { sequence, saved }: SequenceResult<Buffer>,
  savedLength: number,
): void {
  const cell = `Cell '${plan.cell.name}'`;
  if (saved === undefined) {
    throw new RangeError(
      `${cell}: the gradient needs the result of forward(plan, inputs, true), which keeps values.`,
    );
  }
  checkGiven(plan, sequence, [batch, timesteps, plan.outputWidth], 'the sequence of the forward pass');
  if (saved.length === savedLength) return;
  throw new RangeError(
    `${cell}: the values kept by the forward pass must be ${savedLength} numbers, but are ${saved.length}; ` +
      'the gradient needs the same plan and the same inputs.',
  );
}

/** Checks a required array; errors call it `kind` followed by `name`. */
function checkGiven(
  plan: Plan,
  values: Sized | undefined,
  shape: readonly number[],
  kind: string,
  name = '',
): void {
  if (values === undefined) {
    throw new RangeError(`Cell '${plan.cell.name}': ${kind}${name} [${shape.join(', ')}] is missing.`);
  }
  check(plan, values, shape, kind, name);
}

/** Checks the length of an array that may be absent. */
function check(
  plan: Plan,
  values: Sized | undefined,
  shape: readonly number[],
  kind: string,
  name = '',
): void {
  if (values === undefined) return;
  let expected = 1;
  for (const size of shape) expected *= size;
  if (values.length === expected) return;
  throw new RangeError(
    `Cell '${plan.cell.name}': ${kind}${name} must have the shape [${shape.join(', ')}], that is ${expected} numbers, ` +
      `but has ${values.length}.`,
  );
}
