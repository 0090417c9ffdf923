import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import {
  bidirectional,
  dense,
  embedding,
  gru,
  lstm,
  type RecurrentLayer,
  sequential,
  simpleRNN,
} from '../src/index.js';
import { BACKENDS } from './backends.js';
import { expectClose } from './compare-with-reference.js';
import {
  type FixtureCall,
  type FixtureCase,
  type FixtureTensor,
  readKerasCases,
  toArguments,
} from './keras-fixtures.js';

const factories = { GRU: gru, LSTM: lstm, SimpleRNN: simpleRNN } as unknown as Record<
  string,
  (args: Record<string, unknown>) => RecurrentLayer
>;

const toTensor = ({ data, shape }: FixtureTensor) => tf.tensor(data, shape, 'float32');
const toVariable = (fixture: FixtureTensor) => tf.variable(toTensor(fixture));

/** Creates the layer of a fixture, with its weights. */
function createLayer({ layer, config, inner, weights, calls }: FixtureCase) {
  const made = inner
    ? bidirectional({ layer: factories[inner.layer](toArguments(inner.config)), ...toArguments(config) })
    : factories[layer](toArguments(config));
  made.build(calls[0].x.shape);
  // Keras names the weights of bidirectional `forward.kernel`; here they are `forward_gru_1/kernel`.
  const names = made.weights.map(({ originalName }) =>
    originalName.replace(/^(forward|backward)_\w+\//, '$1.'),
  );
  expect(names).toEqual(Object.keys(weights));
  made.setWeights(Object.values(weights).map(toTensor));
  return made;
}

function checkCall(layer: ReturnType<typeof createLayer>, call: FixtureCall): void {
  const x = toVariable(call.x);
  const states = call.initialStates?.map(toVariable);
  const mask = call.mask && tf.cast(toTensor(call.mask), 'bool');
  if (call.recurrentMasks) {
    const masks = call.recurrentMasks.map(toTensor);
    (layer as RecurrentLayer).dropoutMasks.draw = () => masks.shift() as tf.Tensor;
  }
  const run = () =>
    [
      layer.apply(x, { mask, initialState: states, training: call.recurrentMasks !== undefined }),
    ].flat() as tf.Tensor[];
  if (!call.gradients) {
    compareOutputs(run(), call);
    return;
  }
  const weights = layer.weights.map((weight) => weight.read() as tf.Variable);
  const { grads } = tf.variableGrads(
    () => {
      const outputs = run();
      compareOutputs(outputs, call);
      const terms = outputs.map((output, i) => tf.sum(tf.mul(output, toTensor(call.cotangents![i]))));
      return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    },
    [x, ...(states ?? []), ...weights] as tf.Variable[],
  );
  const { gradients } = call;
  expectClose(grads[x.name], gradients.x!.data, 'gradient', 'gradient of x');
  states?.forEach(({ name }, i) => {
    expectClose(grads[name], gradients.initialStates![i].data, 'gradient', `gradient of state ${i}`);
  });
  Object.entries(gradients.weights).forEach(([name, { data }], i) => {
    expectClose(grads[weights[i].name], data, 'gradient', `gradient of ${name}`);
  });
}

function compareOutputs(outputs: tf.Tensor[], call: FixtureCall): void {
  expect(outputs.map(({ shape }) => shape)).toEqual(call.outputs.map(({ shape }) => shape));
  outputs.forEach((output, i) => {
    expectClose(output, call.outputs[i].data, 'forward', `output ${i}`);
  });
}

// The quick tier runs every second case of each backend.
const isFull = testTier() === 'full';
const shareOf = (cases: FixtureCase[], backend: string) =>
  cases.filter((_, i) => isFull || i % 2 === (backend === 'cpu' ? 0 : 1));

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  describe.each(['simple-rnn', 'gru', 'gru-reset-before', 'lstm', 'bidirectional'])('keras-%s', (file) => {
    test.each(shareOf(readKerasCases(file), backend))('$name', (fixture) => {
      const layer = createLayer(fixture);
      for (const call of fixture.calls) checkCall(layer, call);
    });
  });

  test('a classifier: embedding with mask, bidirectional GRU, LSTM, dense', () => {
    const [{ config, weights, calls }] = readKerasCases('classifier');
    const [{ x, labels, loss, outputs, gradients }] = calls;
    const size = config as { input_dim: number; embedding: number; gru_units: number; lstm_units: number };
    const classifier = sequential({
      layers: [
        embedding({ inputDim: size.input_dim, outputDim: size.embedding, maskZero: true }),
        bidirectional({ layer: gru({ units: size.gru_units, returnSequences: true }) }),
        lstm({ units: size.lstm_units }),
        dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
    classifier.setWeights(Object.values(weights).map(toTensor));
    const variables = classifier.weights.map((weight) => weight.read() as tf.Variable);
    const tokens = toTensor(x);
    const targets = toTensor(labels!);
    const result = tf.variableGrads(() => {
      const predictions = classifier.apply(tokens) as tf.Tensor;
      expectClose(predictions, outputs[0].data, 'forward', 'predictions');
      const hits = tf.mul(targets, tf.log(predictions));
      const misses = tf.mul(tf.sub(1, targets), tf.log(tf.sub(1, predictions)));
      return tf.neg(tf.mean(tf.add(hits, misses))) as tf.Scalar;
    }, variables);
    expectClose(result.value, [loss!], 'forward', 'loss');
    Object.entries(gradients!.weights).forEach(([name, { data }], i) => {
      expectClose(result.grads[variables[i].name], data, 'gradient', `gradient of ${name}`);
    });
  });
});
