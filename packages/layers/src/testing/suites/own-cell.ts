import { defineCell } from '@sluice/core';
import { bias, kernel, recurrentKernel, tanh } from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import { rnn } from '../../index.js';
import { checkLayer } from '../check-layer.js';
import { setWave, wave } from '../numbers.js';
import type { Suite } from '../subject.js';

/** An output that is no state, and products of a row that is made of parameters alone. */
const cell = defineCell({
  name: 'ofParameters',
  states: ['h', 'm'],
  parameters: {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h', 'g', 'o'),
    bias: bias('p'),
  },
  equations: ({ x, h, m }, { kernel: W, recurrentKernel: U, bias: v }) => {
    const memory = m.mul(0.5).add(U.o(U.h(v.p)).mul(h));
    return { h: tanh(W.h(x).add(U.g(v.p).mul(h)).add(memory)), m: memory, output: memory.add(h).mul(v.p) };
  },
});

export const ownCellSuite: Suite = (subject) =>
  describe("a cell of one's own", () => {
    test.each([
      ['sequences', 4],
      ['a single step', 1],
    ])('%s', async (_, timesteps) => {
      const layer = rnn({ cell, units: 3, returnSequences: true, returnState: true });
      layer.build([null, null, 3]);
      setWave(layer);
      const initialState = [wave([3, 3], 2), wave([3, 3], 3)];
      const mask = tf.tensor([1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1].slice(0, 3 * timesteps), [3, timesteps]);
      await checkLayer(subject, layer, wave([3, timesteps, 3], 1), { initialState, mask });
    });
  });
