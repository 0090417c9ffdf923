import '@tensorflow/tfjs-backend-wasm';
import { cells, planFor } from '@sluice/core';
import { RECURRENT } from '@sluice/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

test('a backend that runs before the import throws an error with advice, and works after ready', async () => {
  await tf.setBackend('wasm');
  const plan = planFor(cells.minGru(), { inputSize: 2, units: 3 });
  const parameters = plan.parameters.map(({ shape }, i) => [`parameter${i}`, tf.ones([...shape])]);
  const inputs = { x: tf.ones([1, 2, 2]), state0: tf.zeros([1, 3]), ...Object.fromEntries(parameters) };
  const attrs = { plan, reverse: false, maskedOutput: 'repeat', keep: false } as never;
  const run = () => tf.engine().runKernel(RECURRENT, inputs, attrs) as tf.Tensor[];
  const running = tf.backend();
  const { ready } = await import('../../src/index.js');
  expect(run).toThrow(/import @sluice\/backend-wasm before tf\.setBackend, or .*await ready/);
  await ready;
  expect(tf.backend()).toBe(running);
  expect(
    run()[0]
      .dataSync()
      .every((value) => value > 0),
  ).toBe(true);
});
