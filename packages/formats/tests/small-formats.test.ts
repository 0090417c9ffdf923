import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type RecurrentLayerData, readModel } from '../src/index.js';
import { largestDifference, runLayer } from './run-layer.js';

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

test.each(['gru', 'lstm'])("RTNeural's %s.json has its layers and weights", async (name) => {
  const file = await readModel(path(`rtneural/${name}.json`));
  expect(file.format).toBe('rtneural');
  const { layers } = JSON.parse(readFileSync(path(`rtneural/${name}.json`), 'utf8'));
  const [recurrent] = file.layers.filter((layer): layer is RecurrentLayerData => layer.kind === 'recurrent');
  expect(recurrent.cell.name).toBe(name);
  const stored = layers.find(({ type }: { type: string }) => type === name).weights.flat(3);
  const { kernel, recurrentKernel, bias } = recurrent.directions[0].weights;
  expect([...kernel, ...recurrentKernel, ...bias]).toEqual(stored);
  expect(recurrent.cell.options.resetAfter).toBe(name === 'gru' ? true : undefined);
});

test('RTNeural layers of unknown types are named together, irregular weights refused', async () => {
  const bytes = (layers: object[]) =>
    new TextEncoder().encode(JSON.stringify({ in_shape: [null, null, 1], layers }));
  await expect(readModel(bytes([{ type: 'wavelet' }, { type: 'unknown' }]))).rejects.toThrow(
    "the types 'wavelet', 'unknown'. Sluice reads gru, lstm, dense",
  );
  const dense = { type: 'dense', shape: [null, 2], weights: [[[1, 2], [3]]] };
  await expect(readModel(bytes([dense]))).rejects.toThrow('rows of different lengths');
  await expect(readModel(bytes([{ ...dense, weights: [[['a', 2]]] }]))).rejects.toThrow(
    'in place of a number',
  );
});

test('cells of LSTM with more weights than tf.basicLSTMCell are refused by name', async () => {
  const read = (...names: string[]) => {
    const entries = names.map((name, i) => [name, { filename: `${i}`, shape: [2] }] as const);
    const manifest = new File([JSON.stringify(Object.fromEntries(entries))], 'manifest.json');
    return readModel([manifest, ...names.map((_, i) => new File([new Float32Array(2)], `${i}`))]);
  };
  const cell = ['a/lstm_cell/kernel', 'a/lstm_cell/bias'];
  await expect(read(...cell, 'a/lstm_cell/w_f_diag', 'a/lstm_cell/projection/kernel')).rejects.toThrow(
    'have the weights a/lstm_cell/w_f_diag, a/lstm_cell/projection/kernel.',
  );
  await expect(read('a/layer_norm_basic_lstm_cell/kernel')).rejects.toThrow(
    'layer_norm_basic_lstm_cell/kernel.',
  );
  const { layers, notes } = await read('a/gru_cell/gates/kernel', 'logits/kernel', 'logits/kernel/Adam');
  expect(notes).toEqual(["1 arrays of the optimizer's state are left out."]);
  expect(layers.map((layer) => layer.kind === 'other' && layer.className)).toEqual(['unknown', 'unknown']);
});

const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + seed));

test.each(['manifest', 'weights_manifest'])(
  '%s.json: a cell of tf.basicLSTMCell has its numbers',
  async (kind) => {
    const [kernel, bias] = [numbers(5 * 8, 1), numbers(8, 2)];
    const scope = 'rnn/multi_rnn_cell/cell_0/basic_lstm_cell';
    const files =
      kind === 'manifest'
        ? [
            new File(
              [
                JSON.stringify({
                  [`${scope}/kernel`]: { filename: 'k', shape: [5, 8] },
                  [`${scope}/bias`]: { filename: 'b', shape: [8] },
                }),
              ],
              'manifest.json',
            ),
            new File([kernel], 'k'),
            new File([bias], 'b'),
          ]
        : [
            new File(
              [
                JSON.stringify([
                  {
                    paths: ['w'],
                    weights: [
                      { name: `${scope}/kernel`, shape: [5, 8], dtype: 'float32' },
                      { name: `${scope}/bias`, shape: [8], dtype: 'float32' },
                    ],
                  },
                ]),
              ],
              'weights_manifest.json',
            ),
            new File([kernel, bias], 'w'),
          ];
    const { format, layers, notes } = await readModel(files);
    expect([format, layers.length]).toEqual(['tfjs-checkpoint', 1]);
    expect(notes[0]).toContain('forget bias');
    const x = numbers(2 * 4 * 3, 3);
    let [c, h] = [tf.zeros([2, 2]) as tf.Tensor2D, tf.zeros([2, 2]) as tf.Tensor2D];
    for (let t = 0; t < 4; t++) {
      const step = tf.reshape(
        tf.slice(tf.tensor3d(x, [2, 4, 3]), [0, t, 0], [2, 1, 3]),
        [2, 3],
      ) as tf.Tensor2D;
      [c, h] = tf.basicLSTMCell(tf.scalar(1), tf.tensor2d(kernel, [5, 8]), tf.tensor1d(bias), step, c, h);
    }
    const { states } = runLayer(layers[0] as RecurrentLayerData, x, 2);
    expect(largestDifference(states[0][0], h.dataSync())).toBeLessThan(1e-6);
    expect(largestDifference(states[0][1], c.dataSync())).toBeLessThan(1e-6);
  },
);
