import { mapInputs } from '../buffers.js';
import { type Case, plainCase } from '../cases.js';
import type { Variant } from '../cells/index.js';
import { expectAgreement, identical, within } from '../compare.js';
import { type Downloaded, forwardOn } from '../device.js';
import { makeProblem, type Problem } from '../problem.js';
import { Random } from '../random.js';
import { cellsInTurn } from '../selection.js';
import { cellCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 5, timesteps: 4, inputSize: 6, units: 10 };
const KEPT_ROW = 3;

const masked = (variant: Variant): Case => ({ ...plainCase(variant, SHAPE), mask: 'holes' });

/** The part of one row in an array with rows; parameters have none. */
const rowOf = (values: Float32Array, row: number): Float32Array => {
  const length = values.length / SHAPE.batch;
  return values.slice(row * length, (row + 1) * length);
};

const rowsOf = (results: Downloaded, row: number): Downloaded =>
  Object.fromEntries(Object.entries(results).map(([name, values]) => [name, rowOf(values, row)]));

/** The problem with `change` applied to every array with rows. */
function withRows({ plan, inputs, cotangents }: Problem, change: (values: Float32Array) => Float32Array) {
  const { parameters } = inputs;
  return { plan, inputs: { ...mapInputs(inputs, change), parameters }, cotangents };
}

/** Other numbers in all other rows, also in mask and states, do not change a bit of a row's results. */
export async function checkRowsAreApart<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(masked(variant));
  const random = new Random(`other rows ${variant.name}`);
  const others = withRows(problem, (values) => {
    const changed = values.map(() => Math.round(random.next() * 4) / 2);
    const length = values.length / SHAPE.batch;
    changed.set(rowOf(values, KEPT_ROW), KEPT_ROW * length);
    return changed;
  });
  const expected = rowsOf(await forwardOn(backend, problem), KEPT_ROW);
  expectAgreement(rowsOf(await forwardOn(backend, others), KEPT_ROW), expected, identical);
}

/** A row alone gives the same results as in a batch. */
export async function checkRowAlone<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(masked(variant));
  const all = await forwardOn(backend, problem);
  for (let row = 0; row < SHAPE.batch; row++) {
    const { plan, inputs, cotangents } = withRows(problem, (values) => rowOf(values, row));
    const alone = await forwardOn(backend, { plan, inputs: { ...inputs, batch: 1 }, cotangents });
    expectAgreement(alone, rowsOf(all, row), within(tolerances.forward));
  }
}

export const rowsSuite: Suite = {
  name: 'rows',
  title: 'rows of a batch are independent',
  *cases(selection) {
    for (const variant of cellsInTurn(selection, 1)) {
      yield cellCase(variant, 'other rows have no effect', checkRowsAreApart);
      yield cellCase(variant, 'each row alone gives the same', checkRowAlone);
    }
  },
};
