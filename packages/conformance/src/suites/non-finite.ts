import { plainCase } from '../cases.js';
import { commonVariants, type Variant, variants } from '../cells/index.js';
import { within, withinOrNotFinite } from '../compare.js';
import { makeProblem } from '../problem.js';
import { cellsInTurn } from '../selection.js';
import { cellCase, checkAgainstReference, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Row 1, step 2, the last feature: an inner row and step, so that leaks in any direction show. */
const POISONED = (1 * SHAPE.timesteps + 2) * SHAPE.inputSize + 3;

/** A copy of the array with another number at one place. */
function withValue(values: Float32Array, index: number, value: number): Float32Array {
  const changed = values.slice();
  changed[index] = value;
  return changed;
}

/** A NaN in `x` gives NaN in exactly the numbers that depend on it; an infinity gives the reference's results. */
export async function checkPoisonedInput<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
  value: number,
): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem(plainCase(variant, SHAPE));
  const poisoned = { plan, inputs: { ...inputs, x: withValue(inputs.x, POISONED, value) }, cotangents };
  await checkAgainstReference(subject, poisoned, Number.isNaN(value) ? within : withinOrNotFinite);
}

/** A NaN in one row of the initial states, and one in every parameter in turn, reach the results that depend on them. */
export async function checkPoisonedStatesAndParameters<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem(plainCase(variant, SHAPE));
  for (const state of plan.states.keys()) {
    const initialStates = inputs.initialStates?.map((values, i) =>
      i === state && values ? withValue(values, SHAPE.units + 1, Number.NaN) : values,
    );
    await checkAgainstReference(subject, { plan, inputs: { ...inputs, initialStates }, cotangents }, within);
  }
  for (const parameter of plan.parameters.keys()) {
    const parameters = inputs.parameters.map((values, i) =>
      i === parameter ? withValue(values, 2, Number.NaN) : values,
    );
    await checkAgainstReference(subject, { plan, inputs: { ...inputs, parameters }, cotangents }, within);
  }
}

/** The content of `x` at padded steps has no effect on outputs and gradients. */
export async function checkPaddedInput<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
  value: number,
): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
  const x = inputs.x.map((v, i) => (inputs.mask?.[Math.floor(i / SHAPE.inputSize)] === 0 ? value : v));
  await checkAgainstReference(subject, { plan, inputs: { ...inputs, x }, cotangents }, within);
}

/** A NaN in the initial state of a row without unpadded steps stays in that row: it reaches no gradient of a parameter. */
export async function checkPaddedRow<Buffer>(subject: Subject<Buffer>, variant: Variant): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
  const { batch, timesteps, units } = SHAPE;
  const mask = inputs.mask?.slice().fill(0, timesteps, 2 * timesteps);
  const initialStates = Array.from(plan.states, (_, i) =>
    withValue(inputs.initialStates?.[i] ?? new Float32Array(batch * units), units + 1, Number.NaN),
  );
  await checkAgainstReference(
    subject,
    { plan, inputs: { ...inputs, mask, initialStates }, cotangents },
    within,
  );
}

/**
 * A NaN in a cotangent reaches the gradients that depend on it: one of an output in row 0, one of the first padded
 * output in row 1, which repeats an output or is zero, and one of each final state in row 2.
 */
export async function checkPoisonedCotangents<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
  maskedOutput: 'repeat' | 'zero',
): Promise<void> {
  const { timesteps, units } = SHAPE;
  const { plan, inputs, cotangents } = makeProblem({
    ...plainCase(variant, SHAPE),
    mask: 'holes',
    maskedOutput,
  });
  const mask = inputs.mask?.slice();
  mask?.set([1, 1, 0, 1, 1], timesteps);
  const sequence = cotangents.sequence as Float32Array;
  const used = (mask as Float32Array).indexOf(1);
  const poisoned = {
    sequence: withValue(
      withValue(sequence, used * units + 1, Number.NaN),
      (timesteps + 2) * units,
      Number.NaN,
    ),
    states: cotangents.states?.map((values) => withValue(values as Float32Array, 2 * units + 3, Number.NaN)),
  };
  await checkAgainstReference(subject, { plan, inputs: { ...inputs, mask }, cotangents: poisoned });
}

/** A NaN in a recurrent mask reaches its row. */
export async function checkPoisonedRecurrentMask<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(variant, SHAPE), recurrentDropout: true });
  const recurrentMasks = inputs.recurrentMasks?.map((values) =>
    withValue(values, SHAPE.units + 2, Number.NaN),
  );
  await checkAgainstReference(subject, { plan, inputs: { ...inputs, recurrentMasks }, cotangents });
}

export const nonFiniteSuite: Suite = {
  name: 'non-finite',
  title: 'numbers that are not finite',
  *cases(selection) {
    for (const variant of cellsInTurn(selection, 0)) {
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        yield cellCase(variant, `${value} in x reaches exactly the results that depend on it`, (subject) =>
          checkPoisonedInput(subject, variant, value),
        );
      }
      for (const value of [Number.NaN, Infinity]) {
        yield cellCase(variant, `${value} in x at padded steps has no effect`, (subject) =>
          checkPaddedInput(subject, variant, value),
        );
      }
      yield cellCase(variant, 'NaN in the state of a padded row stays in that row', checkPaddedRow);
      yield cellCase(
        variant,
        'NaN in an initial state or a parameter reaches exactly the results that depend on it',
        checkPoisonedStatesAndParameters,
      );
      const maskedOutput = variants.indexOf(variant) % 3 === 0 ? 'zero' : 'repeat';
      yield cellCase(
        variant,
        `NaN in cotangents reaches exactly the gradients that depend on it, padded output ${maskedOutput}`,
        (subject) => checkPoisonedCotangents(subject, variant, maskedOutput),
        'training',
      );
    }
    for (const variant of commonVariants) {
      yield cellCase(
        variant,
        'NaN in recurrent masks reaches exactly the results that depend on it',
        checkPoisonedRecurrentMask,
      );
    }
  },
};
