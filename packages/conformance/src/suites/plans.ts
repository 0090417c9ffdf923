import { defineCell, planFor } from '@sluice/core';
import { kernel, recurrentKernel, sigmoid, tanh } from '@sluice/core/equations';
import { describe, test } from 'vitest';
import { plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { expectAgreement, identical } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import { makeProblem } from '../problem.js';
import { checkAgainstReference } from './against-reference.js';
import type { Subject, Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Two cells that agree in all but their equations. */
export const namesakes: readonly Variant[] = [tanh, sigmoid].map((activation) => {
  const cell = defineCell({
    name: 'namesake',
    states: ['h'],
    parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h') },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => ({ h: activation(W.h(x).add(U.h(h))) }),
  });
  return { name: cell.name, cell };
});

/** What a device has made of a plan is not taken for another one: of a cell of the same name, with recurrent dropout. */
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

/** A plan is plain data: a copy, from another worker for instance, gives the same bits. */
export async function checkCopiedPlan<Buffer>({ backend }: Subject<Buffer>, variant: Variant): Promise<void> {
  const problem = makeProblem(plainCase(variant, SHAPE));
  const copied = { ...problem, plan: structuredClone(planFor(variant.cell, SHAPE)) };
  expectAgreement(await forwardOn(backend, copied), await forwardOn(backend, problem), identical);
  expectAgreement(await gradientOn(backend, copied), await gradientOn(backend, problem), identical);
}

export const plansSuite: Suite = (subject) =>
  describe('plans', () => {
    test('cells of one name', () => checkPlansAreToldApart(subject(), namesakes));
    for (const variant of commonVariants) {
      test(`${variant.name}: with and without recurrent dropout`, () =>
        checkPlansAreToldApart(subject(), [variant]));
      test(`${variant.name}: a copy of the plan`, () => checkCopiedPlan(subject(), variant));
    }
  });
