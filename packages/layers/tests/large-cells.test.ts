import { defineCell } from '@sluice/core';
import { kernel } from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compare } from './against-reference.js';
import { BACKENDS } from './backends.js';

const manyStates: readonly string[] = Array.from({ length: 70 }, (_, i) => `s${i}`);
const large = defineCell({
  name: 'large',
  states: manyStates,
  parameters: { kernel: kernel('a') },
  equations: (rows, { kernel: W }) => {
    let row = W.a(rows.x);
    for (let i = 0; i < 800; i++) row = row.mul(0.5).add(rows[manyStates[i % manyStates.length]]);
    return Object.fromEntries(manyStates.map((state, i) => [state, row.add(rows[state].mul(i / 100))]));
  },
});

test.each(BACKENDS)('on %s: a cell of 70 states, more than 1,500 chained operations', async (backend) => {
  expect(await tf.setBackend(backend)).toBe(true);
  compare(large, { units: 3 });
});
