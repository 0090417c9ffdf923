import { inspect, inspectGradients } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { gru, inspectLayer, inspectLayerGradients, lstm, sru } from '../../index.js';
import { buildWithWaves, expectNear } from '../check-layer.js';
import { readAllFloat64, readFloat64, type Suite, waveTensor } from '../subject.js';

const [batch, timesteps, features, units] = [2, 4, 3, 5];

const LAYERS = {
  gru: () => gru({ units }),
  lstm: () => lstm({ units, goBackwards: true }),
  sru: () => sru({ units }),
};

export const inspectionSuite: Suite = (subject) =>
  describe('inspection', () => {
    test.each(Object.entries(LAYERS))('named values and gradients by step: %s', async (_, create) => {
      const layer = buildWithWaves(create(), features);
      const x = waveTensor([batch, timesteps, features], 1) as tf.Tensor3D;
      const mask = tf.tensor2d([1, 1, 1, 0, 1, 1, 1, 1], [batch, timesteps]);
      const [parameters, input, maskValues] = await Promise.all([
        readAllFloat64(layer.getWeights()),
        readFloat64(x),
        readFloat64(mask),
      ]);
      const sizes = { inputSize: features, units };
      const reverse = layer.goBackwards;
      const inputs = { batch, timesteps, x: input, parameters, mask: maskValues, reverse };
      const expected = Object.entries(await inspect(layer.cell, sizes, inputs));
      const actual = inspectLayer(layer, x, { mask });
      expect(Object.keys(actual)).toEqual(expected.map(([name]) => name));
      await expectNear(
        subject,
        Object.values(actual),
        expected.map(([, { values }]) => values),
        'forward',
        Object.keys(actual),
      );

      const cotangent = waveTensor([batch, timesteps, units], 9) as tf.Tensor3D;
      const sequence = await readFloat64(cotangent);
      const reference = await inspectGradients(layer.cell, sizes, inputs, { sequence });
      const gradients = inspectLayerGradients(layer, x, (outputs) => tf.sum(tf.mul(outputs, cotangent)), {
        mask,
      });
      const states = layer.cell.states;
      await expectNear(
        subject,
        [gradients.x, ...states.map((state) => gradients.states[state])],
        [reference.x.values, ...states.map((state) => reference.states[state].values)],
        'gradient',
        ['x', ...states],
      );
    });

    test('leaves no tensor behind but its results, and refuses other layers', () => {
      const layer = buildWithWaves(gru({ units }), features);
      const x = waveTensor([batch, timesteps, features], 1) as tf.Tensor3D;
      const before = tf.memory().numTensors;
      const seen = inspectLayer(layer, x);
      const { x: ofInput, states } = inspectLayerGradients(layer, x, (outputs) => tf.sum(outputs));
      tf.dispose([...Object.values(seen), ofInput, ...Object.values(states)]);
      expect(tf.memory().numTensors).toBe(before);
      expect(() => inspectLayer({} as never, x)).toThrow(/takes a recurrent layer/);
      expect(() => inspectLayer(gru({ units }), x)).toThrow(/has no weights yet/);
    });
  });
