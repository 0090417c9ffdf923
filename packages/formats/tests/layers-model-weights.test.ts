import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { cellFrom, cells, registerCell } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { type ModelFile, readModel } from '../src/index.js';
import { readLayersModel } from '../src/layers-model/index.js';
import { writeModel } from '../src/write.js';
import { largestDifference } from './run-layer.js';
import {
  glorot,
  input,
  loadByTensorFlow,
  predict,
  recurrentOf,
  saved,
  sequential,
} from './tensorflow-models.js';

const { layers } = tfl;

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** TensorFlow.js makes orthogonal start values by operations that a test does not load. */
const withoutOrthogonal = (files: ReadonlyMap<string, Uint8Array>) => {
  const [[name, json], ...rest] = files;
  const text = new TextDecoder().decode(json).replaceAll('"Orthogonal"', '"GlorotUniform"');
  return new Map([[name, new TextEncoder().encode(text)], ...rest]);
};

test("weights of Keras 3's files, which are numbered, get the names of plain TensorFlow.js", async () => {
  const { cases } = JSON.parse(readFileSync(fixture('keras-calls.json'), 'utf8'));
  const { model } = cases.find(({ name }: { name: string }) => name === 'wrapped');
  const written = await writeModel(await readModel(fixture('keras/wrapped.keras')), 'layers-model');
  const loaded = await loadByTensorFlow(withoutOrthogonal(written));
  const [{ shape, values }] = model.inputs;
  expect(largestDifference(predict(loaded, tf.tensor(values, shape)), model.outputs)).toBeLessThan(1e-6);
});

test('layers of the same name in two inner models keep their weights', async () => {
  const file = await readModel(await saved(sequential(layers.gru({ ...input, units: 2, name: 'words' }))));
  const [layer] = recurrentOf(file);
  const place = (name: string) => ({ ...file.topology!, name, inbound_nodes: [[['x', 0, 0, {}]]] });
  const topology = { class_name: 'Functional', config: { name: 'both', layers: [place('a'), place('b')] } };
  const named = (name: string, kernel: Float32Array) => ({
    ...layer,
    name,
    directions: [{ goBackwards: false, weights: { ...layer.directions[0].weights, kernel } }],
  });
  const both = [
    named('a/words', new Float32Array(18).fill(1)),
    named('b/words', new Float32Array(18).fill(2)),
  ];
  topology.config.layers.forEach((inner, i) => {
    Object.assign(inner, { config: { ...inner.config, name: 'ab'[i] } });
  });
  const written = await writeModel({ ...file, topology, layers: both }, 'layers-model');
  const again = await readModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
  expect(again.layers).toEqual(both);
});

test.each([
  ['as TensorFlow.js saves it', (json: object) => json, undefined],
  ['without generatedBy', (json: object) => ({ ...json, generatedBy: undefined }), undefined],
  [
    'as Keras 2 describes it',
    (json: Record<string, unknown>) => {
      const { class_name, config } = json.modelTopology as Record<string, unknown>;
      return {
        ...json,
        generatedBy: 'keras v2.15.0',
        modelTopology: { keras_version: '2.15.0', model_config: { class_name, config } },
      };
    },
    true,
  ],
] as const)('padded steps of a bidirectional layer, %s', async (_, change, isZero) => {
  const layer = layers.gru({ units: 2, returnSequences: true, ...glorot });
  const model = sequential(layers.bidirectional({ inputShape: [4, 3], layer: layer as never }));
  const [read] = recurrentOf(await readModel(await saved(model, change)));
  expect(read.call.zeroOutputForMask).toBe(isZero);
});

test('a model in timeDistributed is read and written with its layers', async () => {
  const inner = sequential(layers.gru({ ...input, units: 2 }));
  const passages = layers.timeDistributed({ layer: inner as never, inputShape: [5, 4, 3] });
  const model = sequential(passages, layers.lstm({ units: 2, ...glorot }));
  const file = await readModel(await saved(model));
  expect(recurrentOf(file).map(({ cell, name }) => [cell.name, name.split('/').length])).toEqual([
    ['gru', 2],
    ['lstm', 1],
  ]);
  const loaded = await loadByTensorFlow(await writeModel(file, 'layers-model'));
  const passage = tf.randomNormal([2, 5, 4, 3], 0, 1, 'float32', 9);
  expect(predict(loaded, passage)).toEqual(predict(model, passage));
});

test('of tf.layers goes to Keras where padding or the hard sigmoid do not stand in the way', async () => {
  const layer = (recurrentActivation: 'sigmoid' | 'hardSigmoid') =>
    layers.bidirectional({
      layer: layers.lstm({ units: 2, returnSequences: true, recurrentActivation, ...glorot }) as never,
      mergeMode: 'concat',
    });
  const model = (maskZero: boolean, recurrentActivation: 'sigmoid' | 'hardSigmoid') =>
    sequential(
      layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 4, maskZero }),
      layer(recurrentActivation),
    );
  const toKeras = async (...args: Parameters<typeof model>) =>
    writeModel(await readModel(await saved(model(...args))), 'keras');
  expect([...(await toKeras(false, 'sigmoid')).keys()]).toEqual(['model.keras']);
  await expect(toKeras(true, 'sigmoid')).rejects.toThrow('repeats its outputs at padded steps');
  await expect(toKeras(false, 'hardSigmoid')).rejects.toThrow('has the hard sigmoid 0.2 x + 0.5');
});

test.each(['converted-keras2', 'converted-keras3'])(
  "the recurrent layers of %s.json have Keras's cells",
  async (name) => {
    const file = await readModel(fixture(`layers-model/${name}.json`));
    expect(file.producer).toMatch(/keras v[23].*Converter/);
    expect(recurrentOf(file).map(({ cell, directions }) => [cell.name, directions.length])).toEqual(
      name === 'converted-keras2'
        ? [
            ['lstm', 2],
            ['gru', 1],
          ]
        : [
            ['gru', 2],
            ['lstm', 1],
          ],
    );
  },
);

test('numbers that 16 or 8 bits cannot hold are refused by the name of the weight', async () => {
  const file = await readModel(await saved(sequential(layers.gru({ ...input, units: 2, name: 'words' }))));
  const withValue = (value: number): ModelFile => {
    const [layer] = recurrentOf(file);
    const weights = { ...layer.directions[0].weights, bias: Float32Array.of(0, value, -0.1, 0, 0, 0) };
    return { ...file, layers: [{ ...layer, directions: [{ goBackwards: false, weights }] }] };
  };
  await expect(writeModel(withValue(1e5), 'layers-model', { quantize: 'float16' })).rejects.toThrow(
    'words/bias holds 100000',
  );
  await expect(writeModel(withValue(Number.NaN), 'layers-model', { quantize: 'int8' })).rejects.toThrow(
    'words/bias holds NaN',
  );
  const written = await writeModel(withValue(0.3), 'layers-model', { quantize: 'int8' });
  const again = await readModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
  // Zero is one of the steps, so biases that are zero stay so.
  const [, , bias] = again.tensors;
  expect([...bias.values].filter((value) => value === 0)).toHaveLength(4);
});

test("an LSTM of cuDNN has Keras's cell, with the sum of its two biases", async () => {
  // With one unit, cuDNN's matrices are stored as Keras's.
  const [json, weights] = await saved(sequential(layers.lstm({ ...input, units: 1 })), (model) => {
    const text = JSON.stringify(model).replace('"LSTM"', '"CuDNNLSTM"');
    return JSON.parse(text.replace(/("name":"[^"]*bias","shape":\[)4/, '$18'));
  });
  const own = new Float32Array(await weights.arrayBuffer()).slice(-4);
  const second = Float32Array.of(1, 2, 3, 4);
  const file = await readModel([json, new File([weights, second], weights.name)]);
  const [{ cell, directions }] = recurrentOf(file);
  expect(cell).toMatchObject({ name: 'lstm', options: { recurrentActivation: 'sigmoid' } });
  expect(directions[0].weights.bias).toEqual(own.map((value, i) => value + second[i]));
  expect(JSON.stringify(file.topology)).not.toContain('CuDNN');
});

test("the small reader takes a user's cells from cellFrom, and says so", async () => {
  const [json, weights] = await saved(sequential(layers.gru({ ...input, units: 2 })), (model) => {
    const text = JSON.stringify(model).replace('"GRU"', '"SluiceRNN"');
    return JSON.parse(text.replace('"units":2', '"units":2,"cell":{"name":"mine","options":"{}"}'));
  });
  const bytes = async (file: File) => new Uint8Array(await file.arrayBuffer());
  const file = { name: json.name, bytes: await bytes(json), sibling: () => bytes(weights) };
  await expect(readLayersModel(file)).rejects.toThrow("'mine' is not one of Sluice's cells. Pass cellFrom");
  registerCell('mine', () => cells.gru({ resetAfter: false }));
  const { layers: read } = await readLayersModel(file, cellFrom);
  expect(read).toMatchObject([{ cell: { name: 'mine' }, sizes: { inputSize: 3, units: 2 } }]);
});
