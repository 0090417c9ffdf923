import { cells, planFor, referenceForward } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sru } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { expectClose } from './closeness.js';

/** Its kernel [4, 12] could also be that of 4 units without a skip projection. */
test.each(BACKENDS)('sru of version 1 without bias, 4 features to 3 units, on %s', async (backend) => {
  await tf.setBackend(backend);
  const options = { version: 1, useBias: false } as const;
  const layer = sru({ ...options, units: 3, returnSequences: true, seed: 1 });
  const x = tf.randomNormal([2, 5, 4], 0, 1, 'float32', 2);
  const result = layer.apply(x) as tf.Tensor;
  const plan = planFor(cells.sru(options), { inputSize: 4, units: 3 });
  const parameters = layer.getWeights().map((weight) => Float64Array.from(weight.dataSync()));
  const inputs = { batch: 2, timesteps: 5, x: Float64Array.from(x.dataSync()), parameters };
  expect(result.shape).toEqual([2, 5, 3]);
  expectClose(result, referenceForward(plan, inputs).sequence, 'forward', 'sequence');
});
