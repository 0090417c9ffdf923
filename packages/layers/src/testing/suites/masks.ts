import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, embedding, gru, input, lstm, model, simpleRNN, sru } from '../../index.js';
import { buildWithWaves, type CheckedLayer, checkLayer, expectNear } from '../check-layer.js';
import { runReference } from '../reference-layer.js';
import { readAllFloat64, readFloat64, type Suite, setWaveWeights, waveTensor } from '../subject.js';

const [batch, timesteps, features, units] = [3, 4, 3, 3];
const SHAPE = [batch, timesteps, features];

/** A padded step between others, padded steps at the end, and a row of padded steps only. */
const MASK = [1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
const MASK_SHAPE = [batch, timesteps];

const LAYERS = {
  gru: () => gru({ units, returnSequences: true, returnState: true }),
  'gru, zero output': () => gru({ units, returnSequences: true, zeroOutputForMask: true }),
  'lstm, last output': () => lstm({ units, returnState: true }),
  'sru, backwards': () => sru({ units, returnSequences: true, goBackwards: true }),
};

export const masksSuite: Suite = (subject) =>
  describe('masks', () => {
    test('passed to apply: a GRU of ones', async () => {
      const layer = gru({ units: 2, kernelInitializer: 'ones', recurrentInitializer: 'ones' });
      const mask = tf.tensor2d([[1, 1, 1]]);
      const output = layer.apply(tf.ones([1, 3, 2]), { mask });
      const values = await readFloat64(output);
      expect(values.length).toBe(2);
      for (const value of values) expect(value).toBeCloseTo(0.2639, 4);
    });

    test.each(Object.entries(LAYERS))('passed to apply: %s', async (_, create) => {
      const layer = buildWithWaves(create(), features);
      await checkLayer(subject, layer, waveTensor(SHAPE, 1), { mask: tf.tensor(MASK, MASK_SHAPE) });
    });

    test.each([
      ['bool', () => tf.tensor(MASK, MASK_SHAPE, 'bool')],
      ['int32', () => tf.tensor(MASK, MASK_SHAPE, 'int32')],
      ['a comparison', () => tf.notEqual(tf.tensor(MASK, MASK_SHAPE), 0)],
      ['a comparison as float32', () => tf.cast(tf.greater(tf.tensor(MASK, MASK_SHAPE), 0), 'float32')],
      ['numbers other than 1', () => tf.mul(tf.tensor(MASK, MASK_SHAPE), -2.5)],
    ])('of any type: %s', async (_, mask) => {
      const layer = buildWithWaves(gru({ units, returnSequences: true }), features);
      await checkLayer(subject, layer, waveTensor(SHAPE, 2), { mask: mask() });
    });

    test('NaN at padded steps does not reach outputs or gradients', async () => {
      const layer = buildWithWaves(gru({ units }), features);
      const padded = tf.equal(tf.tensor(MASK, [...MASK_SHAPE, 1]), 0);
      const x = tf.where(padded, Number.NaN, waveTensor(SHAPE, 3));
      await checkLayer(subject, layer, x, { mask: tf.tensor(MASK, MASK_SHAPE) });
    });

    test.each([
      [
        'embedding',
        () => embedding({ inputDim: 5, outputDim: features, maskZero: true }),
        // Without padding, with padding at the end, with a padded step in between.
        () => tf.tensor2d([4, 2, 3, 1, 1, 2, 0, 0, 1, 0, 2, 2], [3, 4], 'int32'),
      ],
      [
        'masking',
        () => tfjs.masking({ maskValue: 7 }),
        // A step is padded if every feature is 7.
        () => tf.where(tf.equal(tf.tensor(MASK, [...MASK_SHAPE, 1]), 0), 7, waveTensor(SHAPE, 4)),
      ],
    ] as const)('from %s: layers in a model, and in sequence', async (kind, createSource, createInputs) => {
      const x: tf.Tensor = createInputs();
      const source = input({ shape: [null, ...x.shape.slice(2)] });
      const maskSource = createSource();
      const masked = maskSource.apply(source) as SymbolicTensor;
      const layers = {
        sequence: gru({ units, returnSequences: true }),
        last: lstm({ units }),
        pair: bidirectional({ layer: sru({ units }), mergeMode: 'sum' }),
        backwards: simpleRNN({ units, goBackwards: true }),
      };
      const sequence = layers.sequence.apply(masked);
      const outputs = [
        layers.last.apply(sequence),
        layers.pair.apply(sequence),
        layers.backwards.apply(masked),
      ];
      const multiple = model({ inputs: source, outputs });
      setWaveWeights(multiple);
      const predictions = multiple.predict(x) as tf.Tensor[];

      const numbers = await readFloat64(x);
      const mask =
        kind === 'masking' ? Float64Array.from(MASK) : numbers.map((index) => (index === 0 ? 0 : 1));
      const rows = kind === 'masking' ? numbers : await readFloat64(maskSource.apply(x) as tf.Tensor);
      const runLayer = async (layer: CheckedLayer, input: Float64Array) => {
        const weights = await readAllFloat64(layer.getWeights());
        return runReference(layer, weights, { batch, timesteps, x: input, mask }).outputs[0];
      };
      const inner = await runLayer(layers.sequence, rows);
      await expectNear(subject, predictions, [
        await runLayer(layers.last, inner),
        await runLayer(layers.pair, inner),
        await runLayer(layers.backwards, rows),
      ]);
    });

    test.each([
      ['gru', () => gru({ units, returnSequences: true })],
      ['bidirectional', () => bidirectional({ layer: lstm({ units, returnSequences: true }) })],
    ])('through add and average, to %s and the next layer', async (_, create) => {
      const [source, first, last] = [input({ shape: [timesteps] }), create(), gru({ units })];
      const rows = embedding({ inputDim: 5, outputDim: features, maskZero: true }).apply(source);
      const twice = tfjs.add().apply([rows, rows]) as SymbolicTensor;
      // Each merging layer adds a leading 1 to the mask's shape.
      const sequence = tfjs.average().apply([twice, twice]) as SymbolicTensor;
      const merged = model({ inputs: source, outputs: [sequence, last.apply(first.apply(sequence))] });
      setWaveWeights(merged);
      const tokens = tf.tensor2d([4, 2, 3, 1, 1, 2, 0, 0, 1, 0, 2, 2], [3, 4], 'int32');
      const [rowsOut, result] = merged.predict(tokens) as tf.Tensor[];
      const mask = tf.notEqual(tokens, 0);
      const expected = last.apply(first.apply(rowsOut, { mask }), { mask });
      await expectNear(subject, [result], [await readFloat64(expected)]);
    });

    test("an encoder's mask does not reach a decoder of unpadded inputs", async () => {
      const [source, target] = [input({ shape: [timesteps] }), input({ shape: [timesteps, features] })];
      const embedded = embedding({ inputDim: 5, outputDim: features, maskZero: true }).apply(source);
      const encoder = gru({ units });
      const decoder = gru({ units });
      const encoded = encoder.apply(embedded);
      const decoded = decoder.apply(target, { initialState: encoded });
      const both = model({ inputs: [source, target], outputs: [decoded, encoded] });
      setWaveWeights(both);
      const x = waveTensor([1, timesteps, features], 5);
      const tokens = tf.tensor2d([[1, 2, 0, 0]], [1, timesteps], 'int32');
      const [result, state] = both.predict([tokens, x]) as tf.Tensor[];
      const call = {
        batch: 1,
        timesteps,
        x: await readFloat64(x),
        initialStates: [await readFloat64(state)],
      };
      const { outputs } = runReference(decoder, await readAllFloat64(decoder.getWeights()), call);
      await expectNear(subject, [result], outputs);
    });
  });

const ONES = { units: 2, kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
const createOnes = () => tf.ones([1, 3, 2]);
const createState = (value: number) => tf.fill([1, 2], value);
const createZeroMask = () => tf.tensor2d([[0, 0, 0]]);

const PADDED_LAYERS = {
  gru: () => gru({ units: 3, returnSequences: true, goBackwards: true }),
  lstm: () => lstm({ units: 3, returnSequences: true, returnState: true }),
  sru: () => sru({ units: 3, returnSequences: true }),
};

/** Padded steps at the start of a sequence: the output repeats the initial state if the output is a state. */
export const leadingPaddingSuite: Suite = (subject) =>
  describe('padding at the start', () => {
    const expectOutput = (output: unknown, expected: number[]) =>
      expectNear(subject, [output as tf.Tensor], [expected]);

    test.each(Object.entries(PADDED_LAYERS))('outputs and gradients: %s', async (_, create) => {
      const layer = buildWithWaves(create(), 3);
      const initialState = layer.cell.states.map((_, i) => waveTensor([3, 3], 2 + i));
      const mask = tf.tensor([0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], [3, 4]);
      await checkLayer(subject, layer, waveTensor([3, 4, 3], 1), { initialState, mask });
    });

    test('a row of padded steps returns the initial state, as in tf.layers', async () => {
      const call = { initialState: createState(0.5), mask: createZeroMask() };
      await expectOutput(simpleRNN(ONES).apply(createOnes(), call), [0.5, 0.5]);
      await expectOutput(tfjs.simpleRNN({ ...ONES }).apply(createOnes(), call as never), [0.5, 0.5]);
    });

    test('an LSTM returns its first state, an SRU zeros', async () => {
      const call = { initialState: [createState(0.5), createState(0.25)], mask: createZeroMask() };
      await expectOutput(lstm({ units: 2 }).apply(createOnes(), call), [0.5, 0.5]);
      await expectOutput(
        sru({ units: 2 }).apply(createOnes(), { initialState: createState(0.5), mask: createZeroMask() }),
        [0, 0],
      );
    });

    test('zeroOutputForMask returns zeros', async () => {
      const layer = simpleRNN({ ...ONES, zeroOutputForMask: true });
      await expectOutput(
        layer.apply(createOnes(), { initialState: createState(0.5), mask: createZeroMask() }),
        [0, 0],
      );
    });

    test('a stateful layer returns its stored state', async () => {
      const layer = simpleRNN({ ...ONES, stateful: true });
      layer.resetStates(createState(0.25));
      await expectOutput(layer.apply(createOnes(), { mask: createZeroMask() }), [0.25, 0.25]);
    });

    test('the gradient flows to the initial state', async () => {
      const layer = simpleRNN({ ...ONES, returnSequences: true });
      const mask = tf.tensor2d([[0, 0, 1]]);
      const weight = tf.tensor([1, 10, 2, 20, 0, 0], [1, 3, 2]);
      const loss = (initialState: tf.Tensor) =>
        tf.sum(tf.mul(layer.apply(createOnes(), { initialState, mask }) as tf.Tensor, weight));
      await expectNear(subject, [tf.grad(loss)(createState(0.5))], [[3, 30]], 'gradient');
    });
  });
