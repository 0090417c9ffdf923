import type { Plan } from '../plan/plan.js';
import type { SequenceCotangents, SequenceInputs, SequenceResult } from './interface.js';

interface Sized {
  readonly length: number;
}

/**
 * Checks that every given array has the length its shape asks for.
 * @throws RangeError naming the cell, the array, its length and the expected shape.
 */
export function checkInputs<Buffer extends Sized>(plan: Plan, inputs: SequenceInputs<Buffer>): void {
  const { batch, timesteps } = inputs;
  for (const [name, size] of Object.entries({ batch, timesteps })) {
    if (Number.isInteger(size) && size > 0) continue;
    throw new RangeError(
      `Cell '${plan.cell.name}': ${name} must be a positive whole number, but is ${size}.`,
    );
  }
  checkCount(
    plan,
    'parameters',
    inputs.parameters.length,
    plan.parameters.length,
    plan.parameters.map((p) => p.name),
  );
  checkGiven(plan, 'x', inputs.x, [batch, timesteps, plan.inputSize]);
  plan.parameters.forEach(({ name, shape }, i) => {
    checkGiven(plan, name, inputs.parameters[i], shape);
  });
  plan.states.forEach((state, i) => {
    check(plan, `the initial state ${state}`, inputs.initialStates?.[i], [batch, plan.units]);
  });
  checkStates(plan, 'initial states', inputs.initialStates);
  check(plan, 'mask', inputs.mask, [batch, timesteps]);
  const masks = plan.recurrentMasks.map(({ block }) => block);
  checkCount(plan, 'recurrentMasks', inputs.recurrentMasks?.length ?? 0, masks.length, masks);
  masks.forEach((block, i) => {
    checkGiven(plan, `the recurrent mask of ${block}`, inputs.recurrentMasks?.[i], [batch, plan.units]);
  });
}

/**
 * The same for cotangents.
 * @throws RangeError naming the cell, the array, its length and the expected shape.
 */
export function checkCotangents<Buffer extends Sized>(
  plan: Plan,
  { batch, timesteps }: SequenceInputs<Buffer>,
  cotangents: SequenceCotangents<Buffer>,
): void {
  check(plan, 'the cotangent of the sequence', cotangents.sequence, [batch, timesteps, plan.units]);
  plan.states.forEach((state, i) => {
    check(plan, `the cotangent of ${state}`, cotangents.states?.[i], [batch, plan.units]);
  });
  checkStates(plan, 'state cotangents', cotangents.states);
}

/** A list for the states names them all: a state that is forgotten must not pass for zeros. */
function checkStates(plan: Plan, what: string, given: readonly unknown[] | undefined): void {
  if (given === undefined) return;
  checkCount(plan, what, given.length, plan.states.length, plan.states, ': give undefined for zeros');
}

function checkCount(
  plan: Plan,
  what: string,
  given: number,
  expected: number,
  names: readonly string[],
  advice = '',
): void {
  if (given === expected) return;
  const list = names.length > 0 ? ` (${names.join(', ')})` : '';
  throw new RangeError(
    `Cell '${plan.cell.name}' takes ${expected} ${what}${list}, but was given ${given}${advice}.`,
  );
}

/**
 * Checks what `forward(plan, inputs, true)` gave, before the gradient reads it.
 * @throws RangeError when it was not kept, or belongs to another plan or shape.
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
  checkGiven(plan, 'the sequence of the forward pass', sequence, [batch, timesteps, plan.units]);
  if (saved.length === savedLength) return;
  throw new RangeError(
    `${cell}: the values kept by the forward pass must be ${savedLength} numbers, but are ${saved.length}; ` +
      'the gradient needs the same plan and the same inputs.',
  );
}

function checkGiven(plan: Plan, what: string, values: Sized | undefined, shape: readonly number[]): void {
  if (values === undefined) {
    throw new RangeError(`Cell '${plan.cell.name}': ${what} [${shape.join(', ')}] is missing.`);
  }
  check(plan, what, values, shape);
}

/** An array that may be absent. */
function check(plan: Plan, what: string, values: Sized | undefined, shape: readonly number[]): void {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (values === undefined || values.length === expected) return;
  throw new RangeError(
    `Cell '${plan.cell.name}': ${what} must have the shape [${shape.join(', ')}], that is ${expected} numbers, but has ${values.length}.`,
  );
}
