import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bidirectional,
  dense,
  embedding,
  gru,
  input,
  lstm,
  model,
  sequential,
  simpleRNN,
  sru,
} from '../src/index.js';
import { BACKENDS } from './backends.js';

const values = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync());
const apply = (layer: { apply: (x: never) => unknown }, x: SymbolicTensor) =>
  layer.apply(x as never) as SymbolicTensor;

function expectNear(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5);
  });
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  // The fallback runs many small operations for each step; one kind must do there.
  const kinds = backend === 'cpu' ? { gru, lstm, sru, simpleRNN } : { gru };
  test.each(Object.entries(kinds))('two layers of %s learn which token came first', async (_, make) => {
    const classifier = sequential({
      layers: [
        embedding({ inputDim: 4, outputDim: 6, inputLength: 5, seed: 1 }),
        make({ units: 6, returnSequences: true, seed: 2 }),
        make({ units: 6, seed: 3 }),
        dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'ones' }),
      ],
    });
    classifier.compile({ optimizer: tf.train.adam(0.05), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    const rows = Array.from({ length: 32 }, (_, i) => [
      i % 2,
      ...[1, 2, 3, 4].map((k) => (i * k * 7 + k) % 4),
    ]);
    const x = tf.tensor2d(rows, [32, 5], 'int32');
    const y = tf.tensor2d(rows.map(([first]) => [first]));
    const { history } = await classifier.fit(x, y, { epochs: 15, batchSize: 8, shuffle: false, verbose: 0 });
    expect(history.acc.at(-1)).toBeGreaterThan(0.95);
    expect(history.loss.at(-1)).toBeLessThan(0.2);
    const [loss, accuracy] = (await classifier.trainOnBatch(x, y)) as number[];
    expect(loss).toBeLessThan(0.2);
    expect(accuracy).toBeGreaterThan(0.95);
    expect((classifier.predict(x) as tf.Tensor).shape).toEqual([32, 1]);
  });

  test('the same seeds give the same numbers', async () => {
    const losses = async () => {
      const made = sequential({
        layers: [
          gru({
            units: 4,
            inputShape: [3, 2],
            seed: 7,
            dropout: 0.3,
            recurrentDropout: 0.3,
            returnSequences: true,
          }),
          bidirectional({ layer: lstm({ units: 2, seed: 8, dropout: 0.3 }) }),
          dense({ units: 1, kernelInitializer: 'ones' }),
        ],
      });
      made.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const { history } = await made.fit(tf.ones([4, 3, 2]), tf.ones([4, 1]), {
        epochs: 3,
        shuffle: false,
        verbose: 0,
      });
      return history.loss;
    };
    const first = await losses();
    expect(await losses()).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  test.each([
    [
      'embedding',
      () => embedding({ inputDim: 9, outputDim: 3, maskZero: true }),
      [[4, 7, 2, 0, 0]],
      [[4, 7, 2]],
    ],
    ['masking', () => tfjs.masking({ maskValue: 0 }), [[[1], [2], [0]]], [[[1], [2]]]],
  ] as const)('a mask from %s makes padded inputs equal to short ones', (_, first, padded, short) => {
    const x = tf.tensor(padded as never);
    const source = input({ shape: [null, ...x.shape.slice(2)] });
    const masked = apply(first(), source);
    const inner = apply(gru({ units: 3, returnSequences: true }), masked);
    const outputs = [
      apply(lstm({ units: 2 }), inner),
      apply(bidirectional({ layer: sru({ units: 2 }), mergeMode: 'sum' }), inner),
      apply(simpleRNN({ units: 2, goBackwards: true }), masked),
    ];
    const made = model({ inputs: source, outputs });
    const [a, b] = [x, tf.tensor(short as never)].map((data) =>
      (made.predict(data) as tf.Tensor[]).flatMap(values),
    );
    expectNear(a, b);
  });

  test("an encoder's mask does not reach a decoder of unpadded inputs", () => {
    const source = input({ shape: [4] });
    const target = input({ shape: [4] });
    const encoded = apply(
      gru({ units: 3 }),
      apply(embedding({ inputDim: 5, outputDim: 2, maskZero: true }), source),
    );
    const decoder = gru({ units: 3 });
    const embedded = apply(embedding({ inputDim: 5, outputDim: 2 }), target);
    const decoded = decoder.apply(embedded, { initialState: encoded }) as SymbolicTensor;
    const both = model({ inputs: [source, target], outputs: [decoded, embedded, encoded] });
    const tokens = tf.tensor2d([[1, 2, 0, 0]]);
    const [result, rows, state] = both.predict([tokens, tokens]) as tf.Tensor[];
    expectNear(values(result), values(decoder.apply(rows, { initialState: state })));
  });

  test.each([
    ['gru', () => gru({ units: 3, stateful: true, seed: 1 })],
    ['lstm', () => lstm({ units: 3, stateful: true, seed: 1 })],
    ['bidirectional', () => bidirectional({ layer: gru({ units: 3, stateful: true, seed: 1 }) })],
  ])('stateful %s: halves of a sequence make the whole, until the states are reset', (name, make) => {
    const layer = make();
    const made = sequential({ layers: [tfjs.inputLayer({ batchInputShape: [2, null, 2] }), layer] });
    const whole = tf.randomNormal([2, 6, 2], 0, 1, 'float32', 1);
    const [first, second] = tf.split(whole, 2, 1);
    const together = values(made.predict(whole));
    made.resetStates();
    const half = values(made.predict(first));
    const rest = values(made.predict(second));
    if (name !== 'bidirectional') expectNear(rest, together);
    made.resetStates();
    expect(values(made.predict(first))).toEqual(half);
    expect(values(made.predict(first))).not.toEqual(half);
    expect(() => layer.apply(tf.zeros([3, 1, 2]))).toThrow(
      'holds the states of a batch of 2, but was given a batch of 3',
    );
  });
});
