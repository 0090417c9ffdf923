import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterEach, expect, test } from 'vitest';
import { type ClipOptions, ClippedOptimizer, clipGradients, dense, sequential } from '../src/index.js';

let variables: tf.Variable[] = [];
afterEach(() => {
  tf.dispose(variables);
  variables = [];
});

/** The clipped gradients: an update of SGD with learning rate 1 is the negative gradient. */
function clip(options: ClipOptions, gradients: number[][]): number[][] {
  variables = gradients.map((gradient) => tf.variable(tf.zeros([gradient.length])));
  const optimizer = clipGradients(tf.train.sgd(1), options);
  optimizer.applyGradients(variables.map(({ name }, i) => ({ name, tensor: tf.tensor1d(gradients[i]) })));
  return variables.map((variable) => Array.from(variable.dataSync(), (value) => -value));
}

function expectClose(actual: number[][], expected: number[][]): void {
  actual.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i], 6);
  });
}

test('norm: each gradient by itself; a gradient below the limit is not changed', () => {
  expectClose(
    clip({ norm: 1 }, [
      [3, 4],
      [0.3, 0.4],
      [0, 0],
    ]),
    [
      [0.6, 0.8],
      [0.3, 0.4],
      [0, 0],
    ],
  );
});

test('globalNorm: all gradients together, with the same direction', () => {
  expectClose(clip({ globalNorm: 6.5 }, [[3, 4], [12]]), [[1.5, 2], [6]]);
  expectClose(clip({ globalNorm: 14 }, [[3, 4], [12]]), [[3, 4], [12]]);
});

test('value: each number by itself', () => {
  expect(clip({ value: 0.5 }, [[3, -4, 0.25], [-0.5]])).toEqual([[0.5, -0.5, 0.25], [-0.5]]);
});

test('NaN in a gradient stays NaN', () => {
  expect(clip({ value: 1 }, [[Number.NaN, 2]])).toEqual([[Number.NaN, 1]]);
  expect(clip({ globalNorm: 1 }, [[Number.NaN, 1]])[0]).toEqual([Number.NaN, Number.NaN]);
});

test('accepts gradients by name and weights without a gradient, and leaks no tensor', () => {
  variables = [tf.variable(tf.tensor1d([0]), true, 'a'), tf.variable(tf.tensor1d([5]), true, 'b')];
  const gradient = tf.tensor1d([10]);
  const optimizer = clipGradients(tf.train.sgd(1), { norm: 2 });
  const before = tf.memory().numTensors;
  optimizer.applyGradients({ a: gradient });
  optimizer.applyGradients([
    { name: 'b', tensor: null as unknown as tf.Tensor },
    { name: 'a', tensor: gradient },
  ]);
  expect(tf.memory().numTensors).toBe(before);
  expect(variables.map((variable) => variable.dataSync()[0])).toEqual([-4, 5]);
});

test.each([{ globalNorm: 0.5 }, { value: 0.5 }])(
  '%o takes the optimizer’s place in training, saving and loading',
  async (limit) => {
    const model = sequential({ layers: [dense({ units: 1, inputShape: [2], kernelInitializer: 'zeros' })] });
    const optimizer = clipGradients(tf.train.adam(0.01), limit);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await model.fit(tf.ones([4, 2]), tf.ones([4, 1]), { epochs: 2, verbose: 0 });
    expect(optimizer.iterations).toBe(2);
    expect((await optimizer.getWeights()).length).toBe(5);

    let artifacts!: tf.io.ModelArtifacts;
    const save = tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
    });
    await model.save(save, { includeOptimizer: true });
    const loaded = await loadLayersModel(tf.io.fromMemory(artifacts));
    const again = loaded.optimizer as unknown as ClippedOptimizer;
    expect(again).toBeInstanceOf(ClippedOptimizer);
    expect(again.getConfig()).toEqual(optimizer.getConfig());
    expect(again.getConfig()).toMatchObject(limit);
    const moments = async (source: ClippedOptimizer) =>
      (await source.getWeights()).map(({ tensor }) => Array.from(tensor.dataSync()));
    expect(await moments(again)).toEqual(await moments(optimizer));
    expect(() => again.dispose()).not.toThrow();
  },
);

test('exactly one positive limit is required', () => {
  const sgd = tf.train.sgd(1);
  expect(() => clipGradients(sgd, {})).toThrow('needs one positive limit');
  expect(() => clipGradients(sgd, { norm: 1, globalNorm: 1 })).toThrow('needs one positive limit');
  expect(() => clipGradients(sgd, { value: -1 })).toThrow('value = -1');
  expect(() => clipGradients(sgd, { norm: 0 })).toThrow('but got norm = 0');
});
