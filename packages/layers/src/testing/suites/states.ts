import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, gru, input, lstm, model, sequential, sru } from '../../index.js';
import { type Checked, checkLayer, expectNear } from '../check-layer.js';
import { float64, float64s, setWave, wave } from '../numbers.js';
import { type ReferenceRun, runReference } from '../reference-layer.js';
import type { Suite } from '../subject.js';

const [batch, features, units] = [3, 3, 3];

function built<Layer extends Checked>(layer: Layer): Layer {
  layer.build([null, null, features]);
  setWave(layer);
  return layer;
}

const LAYERS = {
  gru: () => gru({ units, returnState: true }),
  lstm: () => lstm({ units, returnSequences: true, returnState: true }),
  sru: () => sru({ units, returnState: true }),
  bidirectional: () => bidirectional({ layer: gru({ units, returnState: true }) }),
};

/** As many states as a layer has, of numbers that look random. */
const statesFor = (layer: Checked, seed: number) => {
  const directions = 'cell' in layer ? [layer] : [layer.forwardLayer, layer.backwardLayer];
  const states = directions.flatMap(({ cell }) => cell.states);
  return states.map((_, i) => wave([batch, units], seed + i));
};

const reference = async (layer: Checked, x: tf.Tensor, initialStates?: readonly Float64Array[]) => {
  const [, timesteps] = x.shape as [number, number];
  const weights = await float64s(layer.getWeights());
  return runReference(layer, weights, { batch, timesteps, x: await float64(x), initialStates });
};

export const statesSuite: Suite = (subject) =>
  describe('states', () => {
    test.each(Object.entries(LAYERS))('given and returned: %s', async (_, make) => {
      const layer = built(make());
      await checkLayer(subject, layer, wave([batch, 4, features], 1), {
        initialState: statesFor(layer, 2),
      });
    });

    describe('a single step', () => {
      test.each(Object.entries(LAYERS))('%s', async (_, make) => {
        const layer = built(make());
        const initialState = statesFor(layer, 3);
        await checkLayer(subject, layer, wave([batch, 1, features], 2), { initialState });
      });

      test('masked', async () => {
        const mask = tf.tensor([1, 0, 1], [batch, 1]);
        const layer = built(gru({ units, returnSequences: true }));
        const initialState = [wave([batch, units], 4)];
        await checkLayer(subject, layer, wave([batch, 1, features], 3), { mask, initialState });
      });
    });

    test.each([
      ['gru', () => gru({ units, stateful: true })],
      ['lstm', () => lstm({ units, stateful: true })],
      ['bidirectional', () => bidirectional({ layer: gru({ units, stateful: true }) })],
    ])('stateful %s: a batch starts where the one before ended, until reset', async (_, make) => {
      const layer: Checked = make();
      const made = sequential({
        layers: [tfjs.inputLayer({ batchInputShape: [batch, null, features] }), layer],
      });
      setWave(made);
      const parts = [
        wave([batch, 3, features], 5),
        wave([batch, 1, features], 6),
        wave([batch, 2, features], 7),
      ];
      const expectRun = async (x: tf.Tensor, { outputs }: ReferenceRun) =>
        expectNear(subject, [made.predict(x, { batchSize: batch }) as tf.Tensor], outputs);
      let before: ReferenceRun | undefined;
      for (const part of parts) {
        const run = await reference(layer, part, before?.states);
        await expectRun(part, run);
        before = run;
      }
      made.resetStates();
      await expectRun(parts[0], await reference(layer, parts[0]));
      const other = tf.zeros([batch + 1, 1, features]);
      expect(() => layer.apply(other)).toThrow(
        'holds the states of a batch of 3, but was given a batch of 4',
      );
    });

    test('that a layer holds may be given to it; null stands for zeros', async () => {
      const layer = built(lstm({ units, stateful: true }));
      const x = wave([batch, 2, features], 10);
      const zeros = new Float64Array(batch * units);
      expect(layer.states).toEqual([null, null]);
      await expectNear(subject, [layer.apply(x)], (await reference(layer, x)).outputs);
      const held = layer.states.map((state) => tf.clone(state as tf.Tensor));
      const [h] = await float64s(held);
      const both = await reference(layer, x, await float64s(held));
      const half = await reference(layer, x, [h, zeros]);
      await expectNear(subject, [layer.apply(x, { initialState: held })], both.outputs);
      await expectNear(subject, [layer.apply(x, { initialState: [held[0], null] })], half.outputs);
      layer.resetStates(held);
      layer.resetStates(layer.states);
      await expectNear(subject, [layer.apply(x)], both.outputs);
      layer.resetStates([held[0], null]);
      await expectNear(subject, [layer.apply(x)], half.outputs);
    });

    test("pass through TensorFlow.js's bidirectional", async () => {
      const layer = lstm({ units, returnState: true, returnSequences: true });
      const theirs = tfjs.bidirectional({ layer: layer as never, mergeMode: 'concat' });
      const ours = bidirectional({ layer });
      const x = wave([batch, 4, features], 11);
      tf.dispose([theirs.apply(x), ours.apply(x)].flat() as tf.Tensor[]);
      setWave(theirs, 12);
      setWave(ours, 12);
      const initialState = statesFor(ours, 13);
      const { outputs } = await reference(ours, x, await float64s(initialState));
      await expectNear(subject, ours.apply(x, { initialState }), outputs);
      await expectNear(subject, theirs.apply(x, { initialState }) as tf.Tensor[], outputs);
    });

    test.each([
      ['gru', () => gru({ units, stateful: true })],
      ['bidirectional', () => bidirectional({ layer: gru({ units, stateful: true }) })],
    ])('stateful %s: a model that may cut its rows is refused', async (_, make) => {
      const made = sequential({ layers: [tfjs.inputLayer({ inputShape: [2, features] }), make()] });
      expect(() => made.predict(tf.ones([64, 2, features]))).toThrow(
        /does not know its batch size.*batchSize/,
      );
      const fixed = sequential({ layers: [tfjs.inputLayer({ batchInputShape: [64, 2, features] }), make()] });
      expect(() => fixed.predict(tf.ones([64, 2, features]))).toThrow(
        /of batches of 64 rows, but was given 32.*{ batchSize: 64 }/,
      );
    });

    test('of one layer start another in a model', async () => {
      const [source, target] = [input({ shape: [null, features] }), input({ shape: [null, features] })];
      const [encoder, decoder] = [lstm({ units, returnState: true }), lstm({ units, returnSequences: true })];
      const [, ...encoded] = encoder.apply(source);
      const decoded = decoder.apply(target, { initialState: encoded });
      const both = model({ inputs: [source, target], outputs: decoded });
      setWave(both);
      const [x, y] = [wave([batch, 4, features], 8), wave([batch, 2, features], 9)];
      const { states } = await reference(encoder, x);
      const { outputs } = await reference(decoder, y, states);
      await expectNear(subject, [both.predict([x, y]) as tf.Tensor], outputs);
    });
  });
