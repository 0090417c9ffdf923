/** Models of Keras in which TensorFlow.js's layers would compute other numbers without a word. */
import '@sluice/backend-cpu';
import type { ModelFile } from '@sluice/formats';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { gru, toModelFile } from '../src/index.js';
import { buildModel } from '../src/models/build-model.js';

const { layers } = tfl;
type Symbolic = tfl.SymbolicTensor;
type Built = ModelFile & { topology: NonNullable<ModelFile['topology']> };

/** A model as a file of Keras, with the options of one class changed. */
async function load(
  model: tfl.LayersModel,
  { options = {}, of = '', version = '3.15.1', format = 'keras' as ModelFile['format'] } = {},
): Promise<unknown> {
  const file = await toModelFile(model);
  const topology = JSON.parse(JSON.stringify(file.topology), (_, value) =>
    value?.class_name === of ? { ...value, config: { ...value.config, ...options } } : value,
  );
  return buildModel({ ...file, topology, format, producer: `Keras ${version}` } as Built, 'a.keras');
}

const masked = (ids = tfl.input({ shape: [4], name: 'ids' })): [Symbolic, Symbolic] => [
  ids,
  layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }).apply(ids) as Symbolic,
];

const endWithGru = (inputs: Symbolic | Symbolic[], x: unknown): tfl.LayersModel =>
  tfl.model({ inputs, outputs: gru({ units: 2, name: 'last' }).apply(x as Symbolic) as Symbolic });

describe('loadModel refuses a file of Keras', () => {
  test.each([
    ['leakyReLU', () => layers.leakyReLU()],
    ['elu', () => layers.elu()],
  ])('in which %s loses a mask', async (_, make) => {
    const [ids, x] = masked();
    const model = endWithGru(ids, make().apply(x));
    await expect(load(model)).rejects.toThrow(
      'a.keras: in TensorFlow.js these layers would not have the masks that they have in Keras: last (Keras: ids ≠ 0; TensorFlow.js: none)',
    );
    // The numbers of a file of TensorFlow.js are TensorFlow.js's.
    await expect(load(model, { format: 'layers-model' })).resolves.toBeDefined();
    await expect(
      load(tfl.model({ inputs: ids, outputs: make().apply(x) as Symbolic })),
    ).resolves.toBeDefined();
  });

  test('in which an inner model makes the mask', async () => {
    const inner = tfl.sequential({
      layers: [layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 })],
    });
    const ids = tfl.input({ shape: [4], name: 'ids' });
    await expect(load(endWithGru(ids, inner.apply(ids)))).rejects.toThrow('TensorFlow.js: none');
  });

  test('in which sequences with different masks are merged', async () => {
    const [ids, x] = masked();
    const [others, y] = masked(tfl.input({ shape: [4], name: 'others' }));
    const plain = layers.embedding({ inputDim: 5, outputDim: 3 }).apply(ids) as Symbolic;
    const merged = (a: Symbolic, b: Symbolic, layer = layers.add()) =>
      endWithGru([ids, others], layer.apply([a, b]));
    await expect(load(merged(x, y))).rejects.toThrow(
      'last (Keras: ids ≠ 0 or others ≠ 0; TensorFlow.js: ids ≠ 0)',
    );
    await expect(load(merged(x, y), { version: '2.15.0' })).rejects.toThrow('Keras: ids ≠ 0 and others ≠ 0');
    await expect(load(endWithGru(ids, layers.add().apply([x, plain])))).rejects.toThrow('Keras: none');
    await expect(load(endWithGru(ids, layers.multiply().apply([x, x])))).rejects.toThrow(
      "(Keras's Multiply leaves padded steps out)",
    );
    await expect(load(endWithGru(ids, layers.add().apply([x, x])))).resolves.toBeDefined();
    await expect(load(endWithGru(ids, layers.concatenate().apply([x, x])))).resolves.toBeDefined();
  });

  test.each([
    ['ReLU', () => layers.reLU(), { negative_slope: 0.3 }],
    ['ReLU', () => layers.reLU(), { threshold: 1 }],
    ['GlobalMaxPooling1D', () => layers.globalMaxPooling1d({}), { keepdims: true }],
    ['GlobalAveragePooling1D', () => layers.globalAveragePooling1d({}), { data_format: 'channels_first' }],
    ['Conv1D', () => layers.conv1d({ filters: 2, kernelSize: 2 }), { groups: 3 }],
    ['Dense', () => layers.dense({ units: 2 }), { activation: 'hard_shrink' }],
  ] as const)('in which %s has an option that TensorFlow.js reads past', async (of, make, options) => {
    const x = tfl.input({ shape: [4, 3] });
    const model = tfl.model({ inputs: x, outputs: (make() as tfl.layers.Layer).apply(x) as Symbolic });
    const [[option, value]] = Object.entries(options);
    await expect(load(model, { of, options })).rejects.toThrow(
      option === 'activation'
        ? `(${of}) has the activation ${value}`
        : `${of}) has ${option} ${JSON.stringify(value)}`,
    );
  });

  test('in which a BatchNormalization is not over the last axis', async () => {
    const x = tfl.input({ shape: [3, 3] });
    const of = 'BatchNormalization';
    const outputs = layers.batchNormalization({ name: 'norm' }).apply(x) as Symbolic;
    const model = tfl.model({ inputs: x, outputs });
    await expect(load(model, { of, options: { axis: 1 } })).rejects.toThrow('not that of norm (axis 1)');
    await expect(load(model, { of, options: { axis: 2 } })).resolves.toBeDefined();
  });

  test('with a layer Identity, which TensorFlow.js has as an initializer', async () => {
    const model = tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [2], name: 'same' })] });
    const file = await toModelFile(model);
    const topology = JSON.parse(JSON.stringify(file.topology).replace('"Dense"', '"Identity"'));
    await expect(buildModel({ ...file, topology } as Built, 'a.keras')).rejects.toThrow(
      'TensorFlow.js has no class for these layers: same (Identity)',
    );
  });
});
