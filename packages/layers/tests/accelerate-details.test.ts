import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { accelerate } from '../src/index.js';
import { isOwnClass } from '../src/models/known-classes.js';
import './backends.js';

const { layers } = tfl;
const glorot = { recurrentInitializer: 'glorotUniform' } as const;
const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 3);
const predict = (model: tfl.LayersModel, input: tf.Tensor = x) => [
  ...(model.predict(input) as tf.Tensor).dataSync(),
];
const namesOfTrained = (model: tfl.LayersModel) =>
  model.trainableWeights.map(({ originalName }) => originalName);

/** A model of one input around others. */
function wrap(inner: tfl.layers.Layer[], shape = [4, 3]): tfl.LayersModel {
  const input = tfl.input({ shape });
  const outputs = inner.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, input);
  return tfl.model({ inputs: input, outputs });
}

const bidirectional = (layer: tfl.layers.Layer) =>
  layers.bidirectional({ layer: layer as never, mergeMode: 'concat' });

describe('what is trained', () => {
  test.each([
    [
      'a layer of a wrapper',
      () => wrap([bidirectional(layers.gru({ units: 2, ...glorot, trainable: false }))]),
    ],
    [
      'one direction',
      () => {
        const pair = bidirectional(layers.lstm({ units: 2, ...glorot }));
        const model = wrap([pair]);
        (pair as unknown as { forwardLayer: tfl.layers.Layer }).forwardLayer.trainable = false;
        return model;
      },
    ],
    [
      'one weight of a layer',
      () => {
        const model = wrap([layers.gru({ units: 2, ...glorot }), layers.dense({ units: 2 })]);
        (model.layers[2].weights[0] as unknown as { trainable: boolean }).trainable = false;
        return model;
      },
    ],
    [
      'a layer of an inner model',
      () => {
        const inner = tfl.sequential({
          layers: [layers.dense({ units: 2, inputShape: [4, 3] }), layers.dense({ units: 2 })],
        });
        const model = wrap([inner, layers.gru({ units: 2, ...glorot })]);
        inner.layers[0].trainable = false;
        return model;
      },
    ],
    [
      'weights in a time-distributed model with moving averages',
      () => {
        const words = tfl.sequential({
          layers: [
            layers.gru({ units: 2, ...glorot, inputShape: [4, 3] }),
            layers.batchNormalization(),
            layers.dense({ units: 2 }),
          ],
        });
        words.layers[0].trainable = false;
        return wrap([layers.timeDistributed({ layer: words as never })], [2, 4, 3]);
      },
    ],
    ['a cell', () => wrap([layers.rnn({ cell: layers.gruCell({ units: 2, ...glorot, trainable: false }) })])],
  ])('stays the same: %s', (_, make) => {
    const model = make();
    const fast = accelerate(model);
    expect(namesOfTrained(fast)).toEqual(namesOfTrained(model));
    const input = tf.randomNormal([2, ...(model.inputs[0].shape.slice(1) as number[])], 0, 1, 'float32', 1);
    predict(fast, input).forEach((value, i) => {
      expect(value).toBeCloseTo(predict(model, input)[i], 6);
    });
  });
});

test('weights are copied as they are, also those that violate a constraint', () => {
  const model = wrap([
    layers.gru({ units: 2, ...glorot, kernelConstraint: 'nonNeg' }),
    layers.dense({
      units: 2,
      kernelConstraint: 'nonNeg',
      kernelInitializer: tfl.initializers.constant({ value: -1 }),
    }),
  ]);
  const fast = accelerate(model);
  expect([...fast.layers[2].getWeights()[0].dataSync()]).toEqual([-1, -1, -1, -1]);
  model.getWeights().forEach((weight, i) => {
    expect(fast.getWeights()[i].dataSync()).toEqual(weight.dataSync());
  });
});

test('metadata of the user and the name are kept', () => {
  const model = wrap([layers.gru({ units: 2, ...glorot })]);
  model.setUserDefinedMetadata({ labels: ['a', 'b'] });
  const fast = accelerate(model);
  expect(fast.getUserDefinedMetadata()).toEqual({ labels: ['a', 'b'] });
  expect(fast.name).toBe(model.name);
});

describe('differences are reported', () => {
  test('of options that TensorFlow.js ignores', () => {
    const { acceleration } = accelerate(
      wrap([
        layers.gru({ units: 2, ...glorot, name: 'first', returnSequences: true, kernelRegularizer: 'l1l2' }),
        bidirectional(
          layers.lstm({ units: 2, ...glorot, recurrentConstraint: 'maxNorm', biasRegularizer: 'l1l2' }),
        ),
      ]),
    );
    expect(acceleration.replaced.map(({ difference }) => difference)).toEqual([
      'its regularizers count in the loss',
      'its regularizers count in the loss, its constraints hold after every update',
    ]);
    expect(String(acceleration)).toContain('first: GRU → SluiceGRU; its regularizers count in the loss');
  });

  test("of masks that TensorFlow.js keeps for layers whose input has none, as Keras's layers show", () => {
    const make = (copies: number) =>
      tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 }),
          layers.gru({ units: 3, ...glorot, name: 'encoder' }),
          layers.repeatVector({ n: copies }),
          layers.gru({ units: 2, ...glorot, name: 'decoder' }),
        ],
      });
    const model = make(4);
    const fast = accelerate(model);
    const tokens = tf.tensor2d([[1, 2, 0, 0]]);
    const [slow, same] = [predict(model, tokens), predict(fast, tokens)];
    // The decoder runs four steps here, and two in TensorFlow.js: the mask of the tokens stays.
    expect(Math.abs(slow[0] - same[0])).toBeGreaterThan(1e-5);
    const note = 'it ignores masks of other layers, which TensorFlow.js may pass to it';
    expect(fast.acceleration.replaced.map(({ name, difference }) => [name, difference])).toEqual([
      [model.layers[0].name, undefined],
      ['encoder', undefined],
      ['decoder', note],
    ]);
    const longer = make(6);
    expect(() => longer.predict(tokens)).toThrow();
    expect(predict(accelerate(longer), tokens)).toHaveLength(2);
  });

  test('not of models without masks', () => {
    const { acceleration } = accelerate(wrap([layers.gru({ units: 2, ...glorot })]));
    expect(acceleration.replaced.map(({ difference }) => difference)).toEqual([undefined]);
  });
});

describe('what cannot be copied', () => {
  test('a layer of two inner models, whose copies would train apart', () => {
    const tied = layers.dense({ units: 3, name: 'tied' });
    const [a, b] = ['a', 'b'].map((name) => {
      const input = tfl.input({ shape: [4, 3] });
      return tfl.model({ inputs: input, outputs: tied.apply(input) as tfl.SymbolicTensor, name });
    });
    expect(() => accelerate(wrap([a, b, layers.gru({ units: 2, ...glorot })]))).toThrow(
      'accelerate: a/tied and b/tied share the weight tied/kernel, but their copies would not.',
    );
    expect(() => accelerate(wrap([a, tied, layers.gru({ units: 2, ...glorot })]))).toThrow(
      'a/tied and tied share',
    );
    expect(accelerate(wrap([a, a, layers.gru({ units: 2, ...glorot })])).weights).toHaveLength(5);
  });

  test('classes that are not registered: all are named, and nothing leaks', () => {
    const own = (className: string) =>
      new (class extends tfl.layers.Layer {
        static readonly className = className;
        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, 2);
        }
      })({ name: className.toLowerCase() });
    const inner = wrap([own('Riddle')]);
    const model = wrap([layers.gru({ units: 2, ...glorot, returnSequences: true }), own('Mystery')]);
    const nested = wrap([inner, layers.gru({ units: 2, ...glorot })]);
    const before = tf.memory().numTensors;
    expect(() => accelerate(model)).toThrow(
      'TensorFlow.js has no class for these layers: mystery (Mystery).',
    );
    expect(() => accelerate(nested)).toThrow(`${inner.name}/riddle (Riddle)`);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a class of your own with an incomplete configuration: says so, and nothing leaks', () => {
    class Scaled extends tfl.layers.Layer {
      static readonly className = 'Scaled';
      constructor(private readonly settings: { name: string; by?: number }) {
        super(settings);
        if (settings.by === undefined) throw new Error('by is missing.');
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, this.settings.by ?? 1);
      }
    }
    tf.serialization.registerClass(Scaled as never);
    const model = tfl.sequential({
      layers: [
        layers.gru({ units: 2, ...glorot, inputShape: [4, 3] }),
        new Scaled({ name: 'scaled', by: 2 }),
      ],
    });
    const before = tf.memory().numTensors;
    expect(() => accelerate(model)).toThrow(
      /cannot be built from its configuration: by is missing\. [\s\S]* The getConfig of a class of your own/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a registered class of your own stays, and is listed', () => {
    class Twice extends tfl.layers.Layer {
      static readonly className = 'Twice';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, 2);
      }
    }
    tf.serialization.registerClass(Twice as never);
    const model = wrap([new Twice({ name: 'twice' }), layers.gru({ units: 2, ...glorot })]);
    const fast = accelerate(model);
    expect(fast.acceleration.left).toEqual([
      { name: 'twice', className: 'Twice', reason: 'it is a class of your own' },
    ]);
    predict(fast).forEach((value, i) => {
      expect(value).toBeCloseTo(predict(model)[i], 6);
    });
  });
});

test('every class of TensorFlow.js is known as such', () => {
  const Layer = tfl.layers.Layer as unknown as new () => object;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const own = Object.entries(classNameMap)
    .filter(([name, [cls]]) => cls.prototype instanceof Layer && !/^Sluice|Cell|^(Scaled|Twice)$/.test(name))
    .map(([name]) => name)
    .filter((name) => !['Model', 'Functional', 'Sequential'].includes(name));
  expect(own.length).toBeGreaterThan(60);
  expect(own.filter(isOwnClass)).toEqual([]);
});
