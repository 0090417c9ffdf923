import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, embedding, gru, input, model, sequential } from '../src/index.js';
import './backends.js';

type Applied = { apply: (x: never) => unknown };
const apply = (layer: Applied, x: SymbolicTensor) => layer.apply(x as never) as SymbolicTensor;
const readValues = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync());

const tokens = tf.tensor2d([[1, 2, 0, 0]]);
const x = tf.randomNormal([1, 4, 2], 0, 1, 'float32', 1);

describe.each([
  ['gru', () => gru({ units: 3, seed: 1 })],
  ['bidirectional', () => bidirectional({ layer: gru({ units: 3, seed: 1 }) })],
])('%s', (_, create) => {
  /** Models with a masked branch of TensorFlow.js's layers and a branch with `layer`, in both orders. */
  function createBranches(layer: Applied, prepare: (target: SymbolicTensor) => SymbolicTensor) {
    const [source, target] = [input({ shape: [4] }), input({ shape: [4, 2] })];
    const embedded = apply(tfjs.embedding({ inputDim: 5, outputDim: 2, maskZero: true }), source);
    const first = apply(tfjs.gru({ units: 3, recurrentInitializer: 'glorotUniform' }), embedded);
    const second = apply(layer, prepare(target));
    // TensorFlow.js runs the branches in this order; in one of the two orders it passes the mask on.
    return [
      [first, second],
      [second, first],
    ].map((branches) => {
      const joined = tfjs.concatenate().apply(branches) as SymbolicTensor;
      return model({ inputs: [source, target], outputs: [joined, second] });
    });
  }

  test.each([
    ['an input', (target: SymbolicTensor) => target],
    ['dropout', (target: SymbolicTensor) => apply(tfjs.dropout({ rate: 0.5 }), target)],
    [
      'dense',
      (target: SymbolicTensor) => apply(tfjs.dense({ units: 2, kernelInitializer: 'identity' }), target),
    ],
  ])("ignores another branch's mask if its own input is %s", (_, prepare) => {
    const layer = create();
    for (const branched of createBranches(layer, prepare)) {
      const [, result] = branched.predict([tokens, x]) as tf.Tensor[];
      expect(readValues(result)).toEqual(readValues(layer.apply(x)));
    }
  });

  test("uses its own branch's mask", () => {
    const layer = create();
    const models = createBranches(layer, (target) => apply(tfjs.masking({ maskValue: 7 }), target));
    const padded = tf.concat([tf.slice(x, [0, 0, 0], [1, 2, 2]), tf.fill([1, 2, 2], 7)], 1);
    const expected = readValues(layer.apply(padded, { mask: tf.tensor2d([[1, 1, 0, 0]]) }));
    for (const branched of models) {
      const [, result] = branched.predict([tokens, padded]) as tf.Tensor[];
      expect(readValues(result)).toEqual(expected);
    }
  });

  test('in a model within a model uses the mask of the inner model’s input', () => {
    const layer = create();
    const inner = sequential({ layers: [tfjs.inputLayer({ inputShape: [4, 2] }), layer] });
    const rows = embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputLength: 4 });
    const outer = sequential({ layers: [rows, inner] });
    const mask = tf.tensor2d([[1, 1, 0, 0]]);
    expect(readValues(outer.predict(tokens))).toEqual(readValues(layer.apply(rows.apply(tokens), { mask })));
  });

  test('does not change the arguments of a call', () => {
    const layer = create();
    const states = Array.from({ length: layer.getClassName() === 'SluiceGRU' ? 1 : 2 }, () =>
      tf.ones([1, 3]),
    );
    const mask = tf.tensor2d([[1, 1, 0, 0]]);
    const kwargs = { mask };
    const [first, second] = [1, 2].map(() => readValues(layer.apply([x, ...states], kwargs)));
    expect(second).toEqual(first);
    expect(kwargs).toEqual({ mask });
    expect(first).toEqual(readValues(layer.apply(x, { mask, initialState: states })));
    expect(first).not.toEqual(readValues(layer.apply(x, { initialState: states })));
  });
});
