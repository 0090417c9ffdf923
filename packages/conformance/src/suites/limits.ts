import { defineCell } from '@sluice/core';
import { type Expression, kernel, recurrentVector } from '@sluice/core/equations';
import { describe, test } from 'vitest';
import { plainCase } from '../cases.js';
import { own } from '../cells/variant.js';
import { checkAgreement } from './agreement.js';
import type { Suite } from './subject.js';

const SHAPE = { batch: 2, timesteps: 3, inputSize: 4, units: 5 };
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

export const limitsSuite: Suite = (subject) =>
  describe('a large cell', () => {
    test(large.name, () => checkAgreement(subject(), plainCase(own(large), SHAPE)));
  });
