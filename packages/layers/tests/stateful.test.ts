import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, dense, gru, input, lstm, model, sequential } from '../src/index.js';
import './backends.js';
import { saveAndLoad } from './model-files.js';

const readValues = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync());

const LAYERS = {
  gru: (args: object) => gru({ units: 2, stateful: true, seed: 1, name: 'words', ...args }),
  bidirectional: (args: object) =>
    bidirectional({ layer: lstm({ units: 2, stateful: true, seed: 1 }), name: 'words', ...args }),
};

describe.each(Object.entries(LAYERS))('a stateful %s', (_, make) => {
  const unknown = /words is stateful, and its model does not know its batch size.*batchSize/;
  const rows = (count: number) => tf.randomNormal([count, 3, 2], 0, 1, 'float32', 1);

  test('in a model without a fixed batch: predict and evaluate are refused', async () => {
    const made = sequential({ layers: [make({ inputShape: [3, 2] }), dense({ units: 1 })] });
    expect(() => made.predict(rows(64))).toThrow(unknown);
    expect(() => made.predict(rows(40))).toThrow(unknown);
    expect(() => made.predictOnBatch(rows(4))).toThrow(unknown);
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect(() => made.evaluate(rows(64), tf.ones([64, 1]))).toThrow(unknown);
    const loaded = await saveAndLoad(made);
    expect(() => loaded.predict(rows(64))).toThrow(unknown);
  });

  test('in a functional model without a fixed batch: fit and trainOnBatch are refused', async () => {
    const source = input({ shape: [3, 2] });
    const answer = dense({ units: 1 }).apply(make({}).apply(source));
    const made = model({ inputs: source, outputs: answer });
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await expect(made.fit(rows(64), tf.ones([64, 1]), { verbose: 0 })).rejects.toThrow(unknown);
    await expect(made.trainOnBatch(rows(4), tf.ones([4, 1]))).rejects.toThrow(unknown);
  });

  test('with a fixed batch accepts only whole batches', async () => {
    const made = sequential({ layers: [make({ batchInputShape: [20, 3, 2] }), dense({ units: 1 })] });
    const cut = /words is stateful in a model of batches of 20 rows, but was given 32.*{ batchSize: 20 }/;
    expect(() => made.predict(rows(64))).toThrow(cut);
    expect(() => made.predict(rows(30), { batchSize: 20 })).toThrow('but was given 10');
    made.resetStates();
    const start = readValues(made.predict(rows(20)));
    // The second batch starts from the states of the first, as in Keras.
    made.resetStates();
    const both = readValues(made.predict(tf.concat([rows(20), rows(20)]), { batchSize: 20 }));
    expect(both.slice(0, 20)).toEqual(start);
    expect(both.slice(20)).not.toEqual(start);
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await expect(made.fit(rows(64), tf.ones([64, 1]), { verbose: 0 })).rejects.toThrow(cut);
  });

  test('needs no fixed batch outside of a model', () => {
    const layer = make({});
    expect(layer.apply(rows(3)).shape[0]).toBe(3);
    layer.resetStates();
    expect(layer.apply(rows(64)).shape[0]).toBe(64);
  });
});

test('in tf.layers.bidirectional a model without a fixed batch is refused', () => {
  const pair = () => tfjs.bidirectional({ layer: LAYERS.gru({}) as never, mergeMode: 'sum' });
  const source = input({ shape: [3, 2] });
  const made = model({ inputs: source, outputs: pair().apply(source) as typeof source });
  expect(() => made.predict(tf.ones([64, 3, 2]))).toThrow('its model does not know its batch size');
  expect((pair().apply(tf.ones([2, 3, 2])) as tf.Tensor).shape).toEqual([2, 2]);
});
