import { cells, defineCell, type JsonObject, registerCell } from '@sluice/core';
import { kernel, recurrentKernel, tanh } from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel, type layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import {
  bidirectional,
  dense,
  embedding,
  gru,
  input,
  lstm,
  model,
  rnn,
  sequential,
  simpleRNN,
  sru,
} from '../src/index.js';
import './backends.js';
import { saveAndLoad, saveToMemory } from './model-files.js';

/** A cell with options whose names and values TensorFlow.js's conversion to snake case would change. */
const leaky = (options: JsonObject = {}) =>
  defineCell({
    name: 'leaky_Unit',
    options,
    states: ['h'],
    parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h') },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => ({
      h: tanh(W.h(x).add(U.h(h)))
        .mul(options.mixIN_Rate as number)
        .add(h.mul(1 - (options.mixIN_Rate as number))),
    }),
  });
registerCell('leaky_Unit', leaky);

const everything = {
  units: 3,
  returnSequences: true,
  dropout: 0.1,
  zeroOutputForMask: true,
  kernelInitializer: 'heNormal',
  recurrentInitializer: 'orthogonal',
  kernelRegularizer: 'l2',
  biasConstraint: 'nonNeg',
  seed: 5,
  name: 'snake_and_Capital',
} as const;

const LAYERS: [string, () => tfjs.Layer][] = [
  ['simpleRNN', () => simpleRNN({ ...everything, activation: 'relu', recurrentDropout: 0.2 })],
  [
    'gru',
    () => gru({ ...everything, activation: 'hardSigmoidSixth', recurrentDropout: 0.2, goBackwards: true }),
  ],
  ['gru, reset before', () => gru({ units: 3, resetAfter: false, update: 'take', useBias: false })],
  [
    'lstm',
    () =>
      lstm({ ...everything, peephole: true, unitForgetBias: false, recurrentInitializer: 'glorotUniform' }),
  ],
  [
    'lstm, coupled, clipped, activations with parameters',
    () =>
      lstm({
        units: 3,
        activation: { name: 'leakyRelu', alpha: 0.3 },
        recurrentActivation: { name: 'hardSigmoid', alpha: 0.3, beta: 0.4 },
        outputActivation: 'softsign',
        inputForget: true,
        clip: 0.7,
      }),
  ],
  [
    'gru, Keras names',
    () => gru({ units: 3, activation: 'swish', recurrentActivation: 'hardSigmoid', clip: 1 }),
  ],
  ['simpleRNN, mish', () => simpleRNN({ units: 3, activation: 'mish', clip: 2 })],
  ['sru', () => sru({ units: 3, version: 1, rescale: true, highwayBias: -2, activation: 'tanh' })],
  ['sru, scaled, with a projected skip', () => sru({ units: 3, scale: 1.5, projectSkip: true })],
  ['sru, full', () => sru({ units: 3, recurrence: 'full' })],
  ['rnn, own cell', () => rnn({ units: 3, cell: leaky({ mixIN_Rate: 0.5, Note: 'Snake_Case é' }) })],
  ['rnn, catalogue', () => rnn({ units: 3, cell: cells.indRnn(), recurrentInitializer: 'glorotUniform' })],
  ['bidirectional', () => bidirectional({ layer: gru(everything), mergeMode: 'ave' })],
  [
    'bidirectional, two layers',
    () =>
      bidirectional({
        layer: lstm({ units: 3, name: 'there' }),
        backwardLayer: sru({ units: 3, goBackwards: true }),
        mergeMode: 'concat',
      }),
  ],
];

/** The configuration of every layer, with null for undefined, as in a file. */
const listConfigs = (made: LayersModel) =>
  made.layers.map((layer) => JSON.stringify(layer.getConfig(), (_, value) => value ?? null));
const tokens = tf.tensor2d(
  [
    [1, 2, 3, 0],
    [4, 5, 0, 0],
  ],
  [2, 4],
  'int32',
);

/** Every weight with its name and values. */
const listWeights = (made: LayersModel) =>
  made.weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]);

describe.each(LAYERS)('%s', (_, create) => {
  test('the configuration restores the same layer', () => {
    const config = create().getConfig();
    const [cls, fromConfig] =
      tf.serialization.SerializationMap.getMap().classNameMap[create().getClassName()];
    expect(fromConfig(cls, structuredClone(config)).getConfig()).toEqual(config);
  });

  test('a loaded model has the same layers, weights and predictions', async () => {
    const before = sequential({
      layers: [
        embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputLength: 4 }),
        create(),
        dense({ units: 2 }),
      ],
    });
    const after = await saveAndLoad(before);
    expect(listConfigs(after)).toEqual(listConfigs(before));
    expect(listWeights(after)).toEqual(listWeights(before));
    const [a, b] = [before, after].map((made) => Array.from((made.predict(tokens) as tf.Tensor).dataSync()));
    expect(b).toEqual(a);
  });
});

test('saved weights have Keras’s names and shapes', async () => {
  const made = sequential({
    layers: [
      embedding({ inputDim: 9, outputDim: 5, inputLength: 4, name: 'words' }),
      gru({ units: 3, returnSequences: true, name: 'first' }),
      bidirectional({ layer: lstm({ units: 2, name: 'inner' }), name: 'both' }),
      dense({ units: 1, name: 'answer' }),
    ],
  });
  const { weightSpecs } = await saveToMemory(made);
  expect(Object.fromEntries(weightSpecs!.map(({ name, shape }) => [name, shape]))).toEqual({
    'words/embeddings': [9, 5],
    'first/kernel': [5, 9],
    'first/recurrent_kernel': [3, 9],
    'first/bias': [2, 9],
    'both/forward_inner/kernel': [3, 8],
    'both/forward_inner/recurrent_kernel': [2, 8],
    'both/forward_inner/bias': [8],
    'both/backward_inner/kernel': [3, 8],
    'both/backward_inner/recurrent_kernel': [2, 8],
    'both/backward_inner/bias': [8],
    'answer/kernel': [4, 1],
    'answer/bias': [1],
  });
});

test('a functional model with passed states continues training after loading', async () => {
  const source = input({ shape: [null, 3] });
  const target = input({ shape: [null, 2] });
  const encoded = lstm({ units: 4, returnState: true }).apply(source);
  const decoder = lstm({ units: 4, returnSequences: true });
  const decoded = decoder.apply(target, { initialState: encoded.slice(1) });
  const output = dense({ units: 1 }).apply(decoded);
  const before = model({ inputs: [source, target], outputs: output });
  before.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const inputs = [tf.randomNormal([2, 5, 3]), tf.randomNormal([2, 3, 2])];
  await before.trainOnBatch(inputs, tf.ones([2, 3, 1]));
  const after = await saveAndLoad(before, { includeOptimizer: true });
  const next = async (made: LayersModel) => {
    const losses = [];
    for (let i = 0; i < 3; i++) losses.push(await made.trainOnBatch(inputs, tf.ones([2, 3, 1])));
    return losses;
  };
  const losses = await next(before);
  expect(await next(after)).toEqual(losses);
  expect(new Set(losses as number[]).size).toBe(3);
});

test('loading a model with an unregistered cell, without its equations, is an error with advice', async () => {
  const cell = { ...leaky({ mixIN_Rate: 1 }), name: 'secret' };
  const before = sequential({ layers: [rnn({ cell, units: 2, inputShape: [2, 2] })] });
  const saved = await saveToMemory(before);
  const text = JSON.stringify(saved.modelTopology, (key, value) =>
    key === 'definition' ? undefined : value,
  );
  const loading = loadLayersModel(tf.io.fromMemory({ ...saved, modelTopology: JSON.parse(text) as object }));
  await expect(loading).rejects.toThrow(/No cell named 'secret'.*registerCell/);
});
