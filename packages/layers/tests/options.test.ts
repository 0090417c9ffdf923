import { cells, explain } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import {
  adam,
  bidirectional,
  clipGradients,
  embedding,
  gru,
  lstm,
  orthogonal,
  recurrent,
  rnn,
  selectBackend,
  simpleRNN,
  sru,
} from '../src/index.js';
import './backends.js';

/** A function without the compiler's checks, as plain JavaScript calls it. */
const unchecked = (make: unknown) => make as (...args: unknown[]) => unknown;
const layersByName = { gru, lstm, sru, simpleRNN, rnn, embedding, bidirectional };

const cell = cells.minGru();
const x = tf.ones([1, 2, 2]);

test.each([
  ['gru', { units: 4, reset_after: false }, "gru has no option 'reset_after'; the nearest is 'resetAfter'"],
  ['gru', { units: 4, name: 'words', numLayers: 2 }, "words has no option 'numLayers'. Known: "],
  ['gru', { units: 4, hidden: 8 }, "gru has no option 'hidden'. Known: "],
  ['gru', { uints: 4 }, "gru has no option 'uints'; the nearest is 'units'. Known: "],
  ['gru', { units: 4, return_sequence: true }, "'return_sequence'; the nearest is 'returnSequences'"],
  ['gru', { units: 4, unitForgetBias: true }, "gru has no option 'unitForgetBias'"],
  ['gru', { units: 4, activityRegularizer: 'l2' }, "gru has no option 'activityRegularizer'"],
  ['gru', { units: 4, timeMajor: true }, "gru has no option 'timeMajor'"],
  ['lstm', { units: 4, return_sequences: true }, "'return_sequences'; the nearest is 'returnSequences'"],
  ['lstm', { units: 4, resetAfter: true }, "lstm has no option 'resetAfter'"],
  ['lstm', { units: 4, forgetbias: true }, "'forgetbias'; the nearest is 'unitForgetBias'"],
  ['sru', { units: 4, highway_bias: -1 }, "sru has no option 'highway_bias'; the nearest is 'highwayBias'"],
  ['simpleRNN', { units: 4, recurrentActivation: 'tanh' }, "simpleRNN has no option 'recurrentActivation'"],
  ['rnn', { units: 4, cell, useBias: false }, "rnn has no option 'useBias'"],
  ['embedding', { inputDim: 4, outputDim: 2, mask_zero: true }, "'mask_zero'; the nearest is 'maskZero'"],
  [
    'bidirectional',
    { layer: gru({ units: 2 }), merge: 'sum' },
    "bidirectional has no option 'merge'; the nearest is 'mergeMode'. Known: layer, backwardLayer, mergeMode, zeroOutputForMask, name",
  ],
] as const)('%s refuses %o', (kind, args, message) => {
  const make = () => unchecked(layersByName[kind])(args);
  expect(make).toThrow(message);
  expect(make).toThrow(RangeError);
});

test.each<[keyof typeof layersByName, object, string]>([
  [
    'gru',
    { units: 2, returnSequences: 'false' },
    "gru: returnSequences must be true or false, but is 'false'",
  ],
  ['lstm', { units: 2, stateful: 1 }, 'lstm: stateful must be true or false, but is 1'],
  ['lstm', { units: 2, unitForgetBias: 'no' }, "lstm: unitForgetBias must be true or false, but is 'no'"],
  [
    'embedding',
    { inputDim: 4, outputDim: 2, maskZero: 'false' },
    'embedding: maskZero must be true or false',
  ],
  ['sru', { units: 2, seed: 'a' }, "sru: seed must be a whole number, but is 'a'"],
  [
    'embedding',
    { inputDim: 4, outputDim: 2, seed: 1.5 },
    'embedding: seed must be a whole number, but is 1.5',
  ],
])('%s refuses %o', (name, args, message) => {
  expect(() => unchecked(layersByName[name])(args)).toThrow(message);
});

test('arguments and limits of the wrong type are refused', () => {
  const layer = gru({ units: 2, name: 'words' });
  expect(() => layer.apply(x, { training: 'false' as never })).toThrow(
    "words.apply: training must be true or false, but is 'false'.",
  );
  expect(() => clipGradients(tf.train.sgd(1), { norm: '1' as never })).toThrow(
    "clipGradients needs one positive limit, norm, globalNorm or value, but got norm = '1'",
  );
});

test('functions refuse unknown options', async () => {
  await expect(unchecked(selectBackend)({ backends: ['cpu'] })).rejects.toThrow(
    "selectBackend has no option 'backends'. Known: candidates, timeout.",
  );
  await expect(unchecked(selectBackend)(['cpu'])).rejects.toThrow('but was given an array');
  const clip = unchecked(clipGradients);
  expect(() => clip(tf.train.sgd(1), { clipnorm: 1 })).toThrow(
    "clipGradients has no option 'clipnorm'; the nearest is 'norm'. Known: norm, globalNorm, value.",
  );
  const parameters = cell.parameters({ inputSize: 2, units: 2 }).map(({ shape }) => tf.ones([...shape]));
  const run = unchecked(recurrent);
  expect(() => run(cell, x, parameters, { initialState: [] })).toThrow(
    "recurrent has no option 'initialState'; the nearest is 'initialStates'",
  );
  expect(() => run(cell, x, parameters, tf.ones([1, 2]))).toThrow(
    'recurrent takes an object with its options, as in recurrent(cell, x, parameters, { mask }), but was given a tensor of shape [1,2]',
  );
  expect(() => unchecked(orthogonal)({ Seed: 1 })).toThrow(
    "'Seed'; the nearest is 'seed'. Known: gain, seed.",
  );
  expect(() => unchecked(orthogonal)(2)).toThrow('as in orthogonal({ gain: 1 }), but was given 2');
  expect(() => unchecked(adam)({ learningRate: 0.1 })).toThrow(/adam takes numbers.* learningRate is/);
  expect(() => unchecked(clipGradients)(undefined, { norm: 1 })).toThrow('but got undefined');
});

test.each([
  ['gru', [], 'gru takes an object with its options, as in gru({ units: 64 }), but was given undefined'],
  ['gru', [64], 'as in gru({ units: 64 }), but was given 64'],
  ['lstm', [null], 'as in lstm({ units: 64 }), but was given null'],
  ['sru', ['64'], "as in sru({ units: 64 }), but was given '64'"],
  ['simpleRNN', [[64]], 'as in simpleRNN({ units: 64 }), but was given an array'],
  ['rnn', [cell.parameters], 'as in rnn({ cell, units: 64 }), but was given the function parameters'],
  ['embedding', [100, 16], 'as in embedding({ inputDim: 100, outputDim: 16 }), but was given 100'],
  ['bidirectional', [], 'bidirectional takes an object with a layer'],
] as const)('%s refuses the arguments %o', (kind, args, message) => {
  expect(() => unchecked(layersByName[kind])(...args)).toThrow(message);
});

describe('configurations', () => {
  const defaults = {
    trainable: true,
    units: 4,
    kernelRegularizer: null,
    recurrentRegularizer: null,
    biasRegularizer: null,
    kernelConstraint: null,
    recurrentConstraint: null,
    biasConstraint: null,
    dropout: 0,
    recurrentDropout: 0,
    returnSequences: false,
    returnState: false,
    goBackwards: false,
    stateful: false,
    unroll: false,
    zeroOutputForMask: false,
    seed: null,
  };
  const gates = { activation: 'tanh', recurrentActivation: 'sigmoid', useBias: true };

  test.each([
    [simpleRNN({ units: 4 }), { activation: 'tanh', useBias: true }],
    [gru({ units: 4 }), { ...gates, resetAfter: true, update: 'keep' }],
    [gru({ units: 4, resetAfter: false }), { ...gates, resetAfter: false, update: 'keep' }],
    [lstm({ units: 4 }), { ...gates, peephole: false, unitForgetBias: true }],
    [
      sru({ units: 4 }),
      { version: 2, highway: true, activation: 'linear', rescale: false, highwayBias: null, useBias: true },
    ],
    [sru({ units: 4, recurrence: 'full' }), { version: null, recurrence: 'full', useBias: true }],
    [
      rnn({ units: 4, cell: cells.indRnn() }),
      { cell: { name: 'indRnn', options: '{"activation":"relu","use\\u0042ias":true}' } },
    ],
  ])('getConfig of %o has every option, also defaults', (layer, expected) => {
    const config = layer.getConfig();
    expect(config).toMatchObject({ ...defaults, ...expected, name: layer.name });
    for (const group of ['kernel', 'recurrent', 'bias']) {
      expect(config[`${group}Initializer`]).toHaveProperty('className');
    }
    expect(Object.values(config)).not.toContain(undefined);
  });

  test('getConfig of embedding and clipGradients has every option', () => {
    expect(embedding({ inputDim: 3, outputDim: 2 }).getConfig()).toMatchObject({
      embeddingsConstraint: null,
      inputLength: null,
      maskZero: false,
      seed: null,
    });
    expect(clipGradients(adam(), { norm: 1 }).getConfig()).toMatchObject({
      norm: 1,
      globalNorm: null,
      value: null,
    });
  });

  test.each(Object.entries(cells))("the saved defaults of %s are the cell's defaults", (name, make) => {
    const layer = rnn({ units: 4, cell: make() });
    const { options } = layer.getConfig().cell as { options: string };
    const complete = (make as (options: object) => typeof layer.cell)(JSON.parse(options));
    const sizes = { inputSize: 3, units: 4 };
    expect(explain(complete, sizes)).toBe(explain(make(), sizes));
    const bySeveral = { simpleRnn: simpleRNN, gru, lstm, sru }[name];
    if (bySeveral) expect(explain(bySeveral({ units: 4 }).cell, sizes)).toBe(explain(make(), sizes));
  });

  test('a configuration of tf.layers makes the same layer', () => {
    const theirs = tfjs.lstm({ units: 4, recurrentInitializer: 'glorotUniform', returnSequences: true });
    const ours = lstm(theirs.getConfig()).getConfig();
    expect(ours).toMatchObject({ units: 4, recurrentActivation: 'hardSigmoid', returnSequences: true });
    expect(ours.name).toBe(theirs.name);
  });

  test('a configuration of Keras 3 makes the same layer', () => {
    const initializer = (className: string) => ({
      module: 'keras.initializers',
      className,
      config: { seed: null },
      registeredName: null,
    });
    const config = {
      name: 'gru',
      trainable: true,
      dtype: { module: 'keras', className: 'DTypePolicy', config: { name: 'float32' }, registeredName: null },
      batchInputShape: [null, 3, 2],
      returnSequences: true,
      returnState: false,
      goBackwards: false,
      stateful: false,
      unroll: false,
      timeMajor: false,
      useCudnn: 'auto',
      implementation: 2,
      zeroOutputForMask: true,
      units: 4,
      activation: 'tanh',
      recurrentActivation: 'sigmoid',
      useBias: true,
      kernelInitializer: initializer('GlorotUniform'),
      recurrentInitializer: { ...initializer('Orthogonal'), config: { seed: null, gain: 1 } },
      biasInitializer: initializer('Zeros'),
      kernelRegularizer: { module: 'keras.regularizers', className: 'L2', config: { l2: 0.25 } },
      recurrentRegularizer: null,
      biasRegularizer: null,
      activityRegularizer: null,
      kernelConstraint: {
        module: 'keras.constraints',
        className: 'MaxNorm',
        config: { maxValue: 3, axis: 0 },
      },
      recurrentConstraint: null,
      biasConstraint: null,
      dropout: 0,
      recurrentDropout: 0,
      resetAfter: false,
      seed: null,
    };
    const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap.SluiceGRU;
    const layer = fromConfig(cls, config) as ReturnType<typeof gru>;
    expect(layer.getConfig()).toMatchObject({
      resetAfter: false,
      returnSequences: true,
      zeroOutputForMask: true,
      dtype: 'float32',
      kernelInitializer: { className: 'VarianceScaling' },
      recurrentInitializer: { className: 'SluiceOrthogonal' },
      kernelRegularizer: { className: 'L1L2', config: { l1: 0, l2: 0.25 } },
      kernelConstraint: { className: 'MaxNorm', config: { maxValue: 3, axis: 0 } },
    });
  });
});
