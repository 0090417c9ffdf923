/** The cells of the catalogue whose states have several widths, by kernels and by operations. */
import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadLayersModel, rnn, sequential } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { compareWithReference } from './compare-with-reference.js';
import { saveToMemory } from './model-files.js';

const x = () => tf.randomUniform([2, 5, 3], -1, 1, 'float32', 1) as tf.Tensor3D;
const numbers = (tensor: tf.Tensor) => [...tensor.dataSync()];

const wide = [
  ['sLstm', cells.sLstm({ heads: 2 })],
  ['mLstm', cells.mLstm({ heads: 2 })],
  ['rgLru', cells.rgLru({ heads: 2 })],
  ['qrnn', cells.qrnn()],
  ['cfc', cells.cfc({ backboneUnits: 5, backboneLayers: 2 })],
  ['cfc without a gate', cells.cfc({ mode: 'noGate', backboneUnits: 5 })],
  ['pure cfc', cells.cfc({ mode: 'pure', backboneUnits: 5 })],
  ['s6', cells.s6({ stateSize: 3, rank: 2 })],
  ['attentionGru', cells.attentionGru()],
] as const;

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each(wide)('%s matches the reference', (_, cell) => {
    const mask = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
    // As wide as the input, and wider.
    for (const units of [4, 6]) compareWithReference(cell, { units, states: true, mask });
    compareWithReference(cell, { units: 4, reverse: true });
  });

  test.each(wide)('a model with %s is trained, saved and loaded', async (_, cell) => {
    const layer = rnn({ cell, units: 4, inputShape: [5, 3], seed: 1 });
    const model = sequential({ layers: [layer as never] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = numbers(model.predict(x()) as tf.Tensor);
    await model.fit(x(), tf.ones([2, 4]), { epochs: 1 });
    const trained = numbers(model.predict(x()) as tf.Tensor);
    expect(trained).not.toEqual(before);
    expect(trained.every(Number.isFinite)).toBe(true);
    const loaded = await loadLayersModel(tf.io.fromMemory(await saveToMemory(model)));
    expect(loaded.layers[0].getConfig()).toEqual(layer.getConfig());
    expect(numbers(loaded.predict(x()) as tf.Tensor)).toEqual(trained);
  });

  test('the weights of s6 start as in Mamba', () => {
    const layer = rnn({ cell: cells.s6({ stateSize: 2 }), units: 3 });
    layer.apply(x());
    const start = (name: string) => {
      const weight = layer.weights.find((one) => one.name.includes(name));
      return numbers((weight as NonNullable<typeof weight>).read());
    };
    [0, Math.log(2), 0, Math.log(2), 0, Math.log(2)].forEach((value, i) => {
      expect(start('rates')[i]).toBeCloseTo(value, 6);
    });
    expect(start('skip')).toEqual([1, 1, 1]);
    const steps = start('bias').map((value) => Math.log1p(Math.exp(value)));
    expect(steps[0]).toBeGreaterThan(0.001);
    expect(steps[1]).toBeCloseTo(0.01, 6);
    expect(steps[2]).toBeLessThan(0.1);
  });
});
