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

  test.each([
    ['a GraphModel', io({ modelTopology: { node: [] }, format: 'graph-model' }), 'this is a GraphModel'],
    ['weights without a model', io({ weightSpecs: [] }), 'has no "modelTopology"'],
    ['null', null, 'but was given null'],
    ['a handler that only saves', { save: async () => ({}) }, 'but was given object'],
  ])('refuses %s', async (_, source, message) => {
    await expect(loadLayersModel(source as never)).rejects.toThrow(message);
  });
});

function io(artifacts: tf.io.ModelArtifacts): tf.io.IOHandler {
  return { load: async () => artifacts };
}
