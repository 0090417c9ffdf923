import { defineCell, planFor } from '@sluice/core';
import {
  type Expression,
  kernel,
  recurrentKernel,
  recurrentVector,
  sigmoid,
  tanh,
} from '@sluice/core/equations';
import { plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { own } from '../cells/variant.js';
import { expectAgreement, identical } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import { makeProblem } from '../problem.js';
import { selectVariants } from '../selection.js';
import { agreementCase } from './agreement.js';
import { cellCase, checkAgainstReference, otherCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Two cells that differ only in their equations. */
export const namesakes: readonly Variant[] = [tanh, sigmoid].map((activation) => {
  const cell = defineCell({
    name: 'namesake',
    states: ['h'],
    parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h') },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => ({ h: activation(W.h(x).add(U.h(h))) }),
  });
  return { name: cell.name, cell };
});

/** A device does not confuse plans: of another cell with the same name, or with recurrent dropout. */
export async function checkPlansAreToldApart<Buffer>(
  subject: Subject<Buffer>,
  variants: readonly Variant[],
): Promise<void> {
  for (const recurrentDropout of [false, true, false]) {
    for (const variant of variants) {
      const given = { ...plainCase(variant, SHAPE), recurrentDropout };
      await checkAgainstReference(subject, makeProblem(given));
    }
  }
}

/** A plan is plain data: a copy, for example from another worker, gives the same bits. */
export async function checkCopiedPlan<Buffer>(
  { backend, level }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(plainCase(variant, SHAPE));
  const copied = { ...problem, plan: structuredClone(planFor(variant.cell, SHAPE)) };
  expectAgreement(await forwardOn(backend, copied), await forwardOn(backend, problem), identical);
  if (level === 'inference') return;
  expectAgreement(await gradientOn(backend, copied), await gradientOn(backend, problem), identical);
}

export const plansSuite: Suite = {
  name: 'plans',
  title: 'plans',
  *cases() {
    yield otherCase('cells with the same name are not confused', (subject) =>
      checkPlansAreToldApart(subject, namesakes),
    );
    for (const variant of commonVariants) {
      yield cellCase(variant, 'with and without recurrent dropout are not confused', (subject) =>
        checkPlansAreToldApart(subject, [variant]),
      );
      yield cellCase(variant, 'a copy of the plan gives the same bits', checkCopiedPlan);
    }
  },
};

const LARGE_PLAN_SHAPE = { batch: 2, timesteps: 3, inputSize: 4, units: 5 };
const STATES: readonly string[] = Array.from({ length: 70 }, (_, i) => `s${i}`);
const OPERATIONS = 1600;

/** More states than kernels may expect, and equations too deep for recursion. */
const large = defineCell({
  name: `${STATES.length} states, a chain of ${OPERATIONS} operations`,
  states: STATES,
  parameters: { kernel: kernel('a'), recurrentVector: recurrentVector('a') },
  equations: (rows, { kernel: W, recurrentVector: v }) => {
    let row: Expression = W.a(rows.x).mul(v.a);
    for (let i = 0; i < OPERATIONS / 2; i++) row = row.mul(0.5).add(rows[STATES[i % STATES.length]]);
    return Object.fromEntries(STATES.map((state, i) => [state, row.mul(0.3).add(rows[state].mul(i / 100))]));
  },
});

export const limitsSuite: Suite = {
  name: 'limits',
  title: 'a large cell',
  *cases({ cells }) {
    for (const variant of selectVariants([own(large)], cells)) {
      yield agreementCase(plainCase(variant, LARGE_PLAN_SHAPE), [large.name]);
    }
  },
};
