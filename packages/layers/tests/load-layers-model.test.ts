import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { gru, loadLayersModel, sequential, sru } from '../src/index.js';
import './backends.js';
import { saveToMemory } from './model-files.js';

const { layers } = tfl;
const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 5);
const numbers = (model: tfl.LayersModel) => [...(model.predict(x) as tf.Tensor).dataSync()];

describe('loadLayersModel', () => {
  test('gives Sluice layers to a model that tf.layers saved, with its optimizer', async () => {
    const model = tfl.sequential({
      layers: [
        layers.bidirectional({
          layer: layers.gru({
            units: 2,
            recurrentInitializer: 'glorotUniform',
            returnSequences: true,
          }) as never,
          mergeMode: 'concat',
          inputShape: [4, 3],
        }),
        layers.lstm({ units: 2, recurrentInitializer: 'glorotUniform' }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.1), loss: 'meanSquaredError' });
    const y = tf.ones([2, 2]);
    await model.trainOnBatch(x, y);
    const loaded = await loadLayersModel(io(await saveToMemory(model, { includeOptimizer: true })));
    expect(loaded.layers.map((layer) => layer.getClassName())).toEqual(['SluiceBidirectional', 'SluiceLSTM']);
    expect(String(loaded.acceleration)).toContain('LSTM → SluiceLSTM');
    numbers(loaded).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(model)[i], 6);
    });
    expect(await loaded.trainOnBatch(x, y)).toBeCloseTo((await model.trainOnBatch(x, y)) as number, 6);
  });

  test('sends files of Keras 3 to loadModel', async () => {
    const file = new URL('../../formats/fixtures/layers-model/converted-keras3.json', import.meta.url);
    const { modelTopology } = JSON.parse(readFileSync(file, 'utf8'));
    await expect(loadLayersModel(io({ modelTopology }))).rejects.toThrow(
      /which Keras 3\.15\.1 wrote: .* loadModel reads it\.$/,
    );
  });

  test("reads what Keras's converter writes: reset_after, names with the cell's", async () => {
    const same = sequential({ layers: [gru({ units: 2, name: 'gru', inputShape: [4, 3] })] });
    const artifacts = await saveToMemory(same);
    const config = {
      batch_input_shape: [null, 4, 3],
      dtype: 'float32',
      name: 'gru',
      trainable: true,
      units: 2,
    };
    const modelTopology = {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: {
        class_name: 'Sequential',
        config: {
          name: 'sequential',
          layers: [
            {
              class_name: 'GRU',
              config: {
                ...config,
                return_sequences: false,
                go_backwards: false,
                stateful: false,
                unroll: false,
                time_major: false,
                activation: 'tanh',
                recurrent_activation: 'sigmoid',
                use_bias: true,
                dropout: 0,
                recurrent_dropout: 0,
                implementation: 2,
                reset_after: true,
              },
            },
          ],
        },
      },
    };
    const weightSpecs = artifacts.weightSpecs!.map((spec) => ({
      ...spec,
      name: spec.name.replace('gru/', 'gru/gru_cell/'),
    }));
    const converted = { ...artifacts, modelTopology, weightSpecs };
    await expect(tfl.loadLayersModel(io(converted))).rejects.toThrow('reset_after');
    expect(numbers(await loadLayersModel(io(converted)))).toEqual(numbers(same));
  });

  test("reads Sluice's own models as they are", async () => {
    const model = sequential({ layers: [sru({ units: 3, inputShape: [4, 3] })] });
    const loaded = await loadLayersModel(io(await saveToMemory(model)));
    expect(loaded.acceleration.replaced).toEqual([]);
    expect(numbers(loaded)).toEqual(numbers(model));
  });

  test('reads from a URL, with the options of TensorFlow.js', async () => {
    const model = tfl.sequential({
      layers: [layers.gru({ units: 2, recurrentInitializer: 'glorotUniform', inputShape: [4, 3] })],
    });
    const { modelTopology, weightSpecs, weightData } = await saveToMemory(model);
    const files: Record<string, BodyInit> = {
      'https://sluice.example/models/model.json': JSON.stringify({
        modelTopology,
        weightsManifest: [{ paths: ['group1.bin'], weights: weightSpecs }],
      }),
      'https://cdn.example/group1.bin': tf.io.CompositeArrayBuffer.join(weightData) as ArrayBuffer,
    };
    const fetched: string[] = [];
    const fractions: number[] = [];
    const loaded = await loadLayersModel('https://sluice.example/models/model.json', {
      fetchFunc: (async (url: string) => {
        fetched.push(url);
        const type = url.endsWith('json') ? 'application/json' : 'application/octet-stream';
        return new Response(files[url], { headers: { 'Content-Type': type } });
      }) as never,
      weightPathPrefix: 'https://cdn.example/',
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(fetched).toEqual(Object.keys(files));
    expect(fractions.at(-1)).toBe(1);
    expect(loaded.acceleration.replaced).toHaveLength(1);
    numbers(loaded).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(model)[i], 6);
    });
  });

  test('names all unknown classes, and leaves weights that lack with strict: false', async () => {
    const model = tfl.sequential({
      layers: [
        layers.gru({ units: 2, recurrentInitializer: 'glorotUniform', inputShape: [4, 3] }),
        layers.dense({ units: 2, name: 'first' }),
        layers.dense({ units: 2, name: 'second' }),
      ],
    });
    const saved = await saveToMemory(model);
    const weightSpecs = saved.weightSpecs?.slice(0, 3);
    await expect(loadLayersModel(io({ ...saved, weightSpecs }))).rejects.toThrow(/first\/kernel/);
    const loaded = await loadLayersModel(io({ ...saved, weightSpecs }), { strict: false });
    expect(loaded.layers[0].getWeights()[0].dataSync()).toEqual(model.layers[0].getWeights()[0].dataSync());
    loaded.dispose();
    const before = tf.memory().numTensors;
    const topology = JSON.stringify(saved.modelTopology).replaceAll('"Dense"', '"Riddle"');
    await expect(loadLayersModel(io({ ...saved, modelTopology: JSON.parse(topology) }))).rejects.toThrow(
      'loadLayersModel: TensorFlow.js has no class for these layers: first (Riddle), second (Riddle).',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['a GraphModel', io({ modelTopology: { node: [] }, format: 'graph-model' }), 'this is a GraphModel'],
    ['weights without a model', io({ weightSpecs: [] }), 'has no "modelTopology"'],
    ['null', null, 'but was given null'],
    ['a handler that only saves', { save: async () => ({}) }, 'but was given object'],
    [
      'a path',
      '/a/model.json',
      /^loadLayersModel: \/a\/model.json cannot be loaded: .* loadModel takes a path\.$/,
    ],
  ])('refuses %s', async (_, source, message) => {
    await expect(loadLayersModel(source as never)).rejects.toThrow(message);
  });
});

function io(artifacts: tf.io.ModelArtifacts): tf.io.IOHandler {
  return { load: async () => artifacts };
}
