import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, gru, input, lstm, model, sequential, sru } from '../../index.js';
import { buildWithWaves, type CheckedLayer, checkLayer, expectNear } from '../check-layer.js';
import { type ReferenceRun, runReference } from '../reference-layer.js';
import type { Suite } from '../subject.js';
import { readAllFloat64, readFloat64, setWaveWeights, waveTensor } from '../subject.js';

const [batch, features, units] = [3, 3, 3];

const build = <Layer extends CheckedLayer>(layer: Layer) => buildWithWaves(layer, features);

const LAYERS = {
  gru: () => gru({ units, returnState: true }),
  lstm: () => lstm({ units, returnSequences: true, returnState: true }),
  sru: () => sru({ units, returnState: true }),
  bidirectional: () => bidirectional({ layer: gru({ units, returnState: true }) }),
};

/** A wave tensor for each state of a layer. */
const createStates = (layer: CheckedLayer, seed: number) => {
  const directions = 'cell' in layer ? [layer] : [layer.forwardLayer, layer.backwardLayer];
  const states = directions.flatMap(({ cell }) => cell.states);
  return states.map((_, i) => waveTensor([batch, units], seed + i));
};

const runLayerReference = async (
  layer: CheckedLayer,
  x: tf.Tensor,
  initialStates?: readonly Float64Array[],
) => {
  const [, timesteps] = x.shape as [number, number];
  const weights = await readAllFloat64(layer.getWeights());
  return runReference(layer, weights, { batch, timesteps, x: await readFloat64(x), initialStates });
};

export const statesSuite: Suite = (subject) =>
  describe('states', () => {
    test.each(Object.entries(LAYERS))('passed and returned: %s', async (_, create) => {
      const layer = build(create());
      await checkLayer(subject, layer, waveTensor([batch, 4, features], 1), {
        initialState: createStates(layer, 2),
      });
    });

    describe('a single step', () => {
      test.each(Object.entries(LAYERS))('%s', async (_, create) => {
        const layer = build(create());
        const initialState = createStates(layer, 3);
        await checkLayer(subject, layer, waveTensor([batch, 1, features], 2), { initialState });
      });

      test('masked', async () => {
        const mask = tf.tensor([1, 0, 1], [batch, 1]);
        const layer = build(gru({ units, returnSequences: true }));
        const initialState = [waveTensor([batch, units], 4)];
        await checkLayer(subject, layer, waveTensor([batch, 1, features], 3), { mask, initialState });
      });
    });

    test.each([
      ['gru', () => gru({ units, stateful: true })],
      ['lstm', () => lstm({ units, stateful: true })],
      ['bidirectional', () => bidirectional({ layer: gru({ units, stateful: true }) })],
    ])(
      'stateful %s: a batch starts from the last states of the batch before, until reset',
      async (_, create) => {
        const layer: CheckedLayer = create();
        const stateful = sequential({
          layers: [tfjs.inputLayer({ batchInputShape: [batch, null, features] }), layer],
        });
        setWaveWeights(stateful);
        const parts = [
          waveTensor([batch, 3, features], 5),
          waveTensor([batch, 1, features], 6),
          waveTensor([batch, 2, features], 7),
        ];
        const expectRun = async (x: tf.Tensor, { outputs }: ReferenceRun) =>
          expectNear(subject, [stateful.predict(x, { batchSize: batch }) as tf.Tensor], outputs);
        let previous: ReferenceRun | undefined;
        for (const part of parts) {
          const run = await runLayerReference(layer, part, previous?.states);
          await expectRun(part, run);
          previous = run;
        }
        stateful.resetStates();
        await expectRun(parts[0], await runLayerReference(layer, parts[0]));
        const other = tf.zeros([batch + 1, 1, features]);
        expect(() => layer.apply(other)).toThrow(
          'holds the states of a batch of 3, but was given a batch of 4',
        );
      },
    );

    test('of a stateful layer can be passed back to it; null stands for zeros', async () => {
      const layer = build(lstm({ units, stateful: true }));
      const x = waveTensor([batch, 2, features], 10);
      const zeros = new Float64Array(batch * units);
      expect(layer.states).toEqual([null, null]);
      await expectNear(subject, [layer.apply(x)], (await runLayerReference(layer, x)).outputs);
      const stored = layer.states.map((state) => tf.clone(state as tf.Tensor));
      const [h] = await readAllFloat64(stored);
      const both = await runLayerReference(layer, x, await readAllFloat64(stored));
      const half = await runLayerReference(layer, x, [h, zeros]);
      await expectNear(subject, [layer.apply(x, { initialState: stored })], both.outputs);
      await expectNear(subject, [layer.apply(x, { initialState: [stored[0], null] })], half.outputs);
      layer.resetStates(stored);
      layer.resetStates(layer.states);
      await expectNear(subject, [layer.apply(x)], both.outputs);
      layer.resetStates([stored[0], null]);
      await expectNear(subject, [layer.apply(x)], half.outputs);
    });

    test("pass through TensorFlow.js's bidirectional", async () => {
      const layer = lstm({ units, returnState: true, returnSequences: true });
      const theirs = tfjs.bidirectional({ layer: layer as never, mergeMode: 'concat' });
      const ours = bidirectional({ layer });
      const x = waveTensor([batch, 4, features], 11);
      tf.dispose([theirs.apply(x), ours.apply(x)].flat() as tf.Tensor[]);
      setWaveWeights(theirs, 12);
      setWaveWeights(ours, 12);
      const initialState = createStates(ours, 13);
      const { outputs } = await runLayerReference(ours, x, await readAllFloat64(initialState));
      await expectNear(subject, ours.apply(x, { initialState }), outputs);
      await expectNear(subject, theirs.apply(x, { initialState }) as tf.Tensor[], outputs);
    });

    test.each([
      ['gru', () => gru({ units, stateful: true })],
      ['bidirectional', () => bidirectional({ layer: gru({ units, stateful: true }) })],
    ])('stateful %s: a model that may split its rows is refused', async (_, create) => {
      const unknown = sequential({ layers: [tfjs.inputLayer({ inputShape: [2, features] }), create()] });
      expect(() => unknown.predict(tf.ones([64, 2, features]))).toThrow(
        /does not know its batch size.*batchSize/,
      );
      const fixed = sequential({
        layers: [tfjs.inputLayer({ batchInputShape: [64, 2, features] }), create()],
      });
      expect(() => fixed.predict(tf.ones([64, 2, features]))).toThrow(
        /of batches of 64 rows, but was given 32.*{ batchSize: 64 }/,
      );
    });

    test('of one layer are the initial states of another in a model', async () => {
      const [source, target] = [input({ shape: [null, features] }), input({ shape: [null, features] })];
      const [encoder, decoder] = [lstm({ units, returnState: true }), lstm({ units, returnSequences: true })];
      const [, ...encoded] = encoder.apply(source);
      const decoded = decoder.apply(target, { initialState: encoded });
      const both = model({ inputs: [source, target], outputs: decoded });
      setWaveWeights(both);
      const [x, y] = [waveTensor([batch, 4, features], 8), waveTensor([batch, 2, features], 9)];
      const { states } = await runLayerReference(encoder, x);
      const { outputs } = await runLayerReference(decoder, y, states);
      await expectNear(subject, [both.predict([x, y]) as tf.Tensor], outputs);
    });
  });
