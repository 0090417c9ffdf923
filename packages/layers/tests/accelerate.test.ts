import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { accelerate } from '../src/index.js';
import { BACKENDS } from './backends.js';

const { layers } = tfl;
const glorot = { recurrentInitializer: 'glorotUniform' } as const;

/** A model with its name, and inputs for it. */
type Example = [name: string, make: () => { model: tfl.LayersModel; inputs: tf.Tensor[] }];

const numbers = (...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', 3);
/** Indices with padding at the end and in between. */
const indices = () =>
  tf.tensor2d(
    [
      [1, 2, 3, 0, 0],
      [4, 0, 5, 6, 0],
      [0, 0, 0, 0, 0],
    ],
    [3, 5],
    'int32',
  );

/** A functional model of one layer, or of a chain of them. */
function chain(shape: number[], ...chained: tfl.layers.Layer[]): tfl.LayersModel {
  const input = tfl.input({ shape });
  const output = chained.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, input);
  return tfl.model({ inputs: input, outputs: output });
}

const one = (layer: () => tfl.layers.Layer): Example[1] => {
  return () => ({ model: chain([4, 3], layer()), inputs: [numbers(2, 4, 3)] });
};

const EXAMPLES: Example[] = [
  ['gru', one(() => layers.gru({ units: 2, ...glorot, activation: 'relu', useBias: false }))],
  [
    'gru, backwards',
    one(() => layers.gru({ units: 2, ...glorot, goBackwards: true, returnSequences: true })),
  ],
  ['lstm', one(() => layers.lstm({ units: 2, ...glorot, recurrentActivation: 'sigmoid' }))],
  ['lstm, hard sigmoid', one(() => layers.lstm({ units: 2, ...glorot, returnSequences: true }))],
  ['simpleRNN', one(() => layers.simpleRNN({ units: 2, ...glorot, activation: 'elu' }))],
  ['rnn of a cell', one(() => layers.rnn({ cell: layers.gruCell({ units: 2, ...glorot }) }))],
  ...(['concat', 'sum', 'ave', 'mul'] as const).map(
    (mergeMode): Example => [
      `bidirectional, ${mergeMode}`,
      one(() =>
        layers.bidirectional({
          layer: layers.gru({ units: 2, ...glorot, returnSequences: mergeMode !== 'sum' }) as never,
          mergeMode,
        }),
      ),
    ],
  ),
  [
    'embedding with padding, bidirectional sequences, last outputs',
    () => ({
      model: tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 3, maskZero: true, inputLength: 5 }),
          layers.bidirectional({
            layer: layers.lstm({ units: 2, ...glorot, returnSequences: true }) as never,
            mergeMode: 'concat',
          }),
          layers.gru({ units: 2, ...glorot }),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
      }),
      inputs: [indices()],
    }),
  ],
  [
    'padded sequences as the output',
    () => ({
      model: tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 3, maskZero: true, inputLength: 5 }),
          layers.bidirectional({
            layer: layers.simpleRNN({ units: 2, ...glorot, returnSequences: true }) as never,
            mergeMode: 'sum',
          }),
        ],
      }),
      inputs: [indices()],
    }),
  ],
  [
    'nested and shared',
    () => {
      const encoder = chain([4, 3], layers.gru({ units: 2, ...glorot, name: 'inner' }));
      const [a, b] = [tfl.input({ shape: [4, 3] }), tfl.input({ shape: [4, 3] })];
      const both = [a, b].map((x) => encoder.apply(x) as tfl.SymbolicTensor);
      const output = layers.concatenate().apply(both) as tfl.SymbolicTensor;
      return {
        model: tfl.model({ inputs: [a, b], outputs: [output, both[0]] }),
        inputs: [numbers(2, 4, 3), numbers(2, 4, 3)],
      };
    },
  ],
  [
    'encoder and decoder with states',
    () => {
      const [a, b] = [tfl.input({ shape: [4, 3] }), tfl.input({ shape: [5, 3] })];
      const args = { units: 2, ...glorot, returnState: true, returnSequences: true };
      const [, h, c] = layers.lstm({ ...args, name: 'encoder' }).apply(a) as tfl.SymbolicTensor[];
      const decoder = layers.lstm({ ...args, name: 'decoder' });
      const [output] = decoder.apply([b, h, c] as never) as tfl.SymbolicTensor[];
      return {
        model: tfl.model({ inputs: [a, b], outputs: output }),
        inputs: [numbers(2, 4, 3), numbers(2, 5, 3)],
      };
    },
  ],
  [
    'time-distributed',
    () => {
      const words = tfl.sequential({
        layers: [layers.gru({ units: 2, ...glorot, inputShape: [4, 3], name: 'words' })],
      });
      return {
        model: chain(
          [2, 4, 3],
          layers.timeDistributed({ layer: words as never }),
          layers.lstm({ units: 2, ...glorot }),
        ),
        inputs: [numbers(2, 2, 4, 3)],
      };
    },
  ],
];

const predict = (model: tfl.LayersModel, inputs: tf.Tensor[]): number[][] => {
  const result = model.predict(inputs.length === 1 ? inputs[0] : inputs) as tf.Tensor | tf.Tensor[];
  const values = (Array.isArray(result) ? result : [result]).map((tensor) => [...tensor.dataSync()]);
  tf.dispose(result);
  return values;
};

/** Disposes a model and those in it: TensorFlow.js counts each use of a shared model, but disposes one. */
function disposeAll(model: tfl.LayersModel): void {
  model.dispose();
  for (const layer of model.layers)
    if (
      layer instanceof tfl.LayersModel &&
      layer.weights.some((weight) => !(weight as unknown as { val: tf.Variable }).val.isDisposed)
    )
      layer.dispose();
}

/** Every class of a model, nested ones included. */
const classesOf = (model: tfl.LayersModel): string[] =>
  model.layers.flatMap((layer) =>
    layer instanceof tfl.LayersModel ? classesOf(layer) : [layer.getClassName()],
  );

describe.each(BACKENDS)('accelerate on %s', (backend) => {
  test.each(EXAMPLES)('%s: same numbers, same names, nothing slow left', (_, make) => {
    tf.setBackend(backend);
    const { model, inputs } = make();
    const before = tf.memory().numTensors;
    const expected = predict(model, inputs);
    const fast = accelerate(model);
    const actual = predict(fast, inputs);
    actual.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(expected.flat()[i], 6);
    });
    expect(fast.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    expect(fast.acceleration.left).toEqual([]);
    expect(fast.acceleration.replaced.length).toBeGreaterThan(0);
    expect(
      classesOf(fast).filter((name) => /^(GRU|LSTM|SimpleRNN|RNN|Bidirectional|Embedding)$/.test(name)),
    ).toEqual([]);
    expect(fast.weights.map(({ originalName }) => originalName)).toEqual(
      model.weights.map(({ originalName }) => originalName),
    );
    disposeAll(fast);
    expect(tf.memory().numTensors).toBe(before);
    expect(predict(model, inputs)).toEqual(expected);
    disposeAll(model);
    tf.dispose(inputs);
  });
});
