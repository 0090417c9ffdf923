import { describe, expect, it } from 'vitest';
import { type FixtureCall, type FixtureCase, loadFixtures, type Tensor } from '../fixtures/load.js';
import { kerasLayer, kerasWeights } from './keras-layer.js';
import type { Batch } from './side.js';
import { expectClose, values } from './tensors.js';

const FORWARD = 1e-12;
const GRADIENT = 1e-12;

const batchOf = (call: FixtureCall): Batch => ({
  batch: call.x.shape[0],
  timesteps: call.x.shape[1],
  x: values(call.x),
  mask: call.mask && values(call.mask),
});

function check({ layer, config, weights, calls }: FixtureCase): void {
  const inputSize = calls[0].x.shape[2];
  const native = kerasWeights(layer, config, weights, inputSize);
  let stored: Float64Array[] | undefined;
  for (const call of calls) {
    const batch = batchOf(call);
    const initialStates = call.initialStates?.map(values) ?? stored;
    const ours = kerasLayer(layer, config, native, inputSize, { ...call, initialStates });
    const results = ours.run(batch);
    if (config.stateful) stored = results.slice(1);
    call.outputs.forEach((theirs, i) => {
      expectClose(results[i], theirs, FORWARD, `output ${i}`);
    });
    if (!call.gradients) {
      expect(config.stateful).toBe(true);
      continue;
    }
    const gradient = ours.differentiate(batch, (call.cotangents ?? []).map(values));
    expectClose(gradient.x, call.gradients.x as Tensor, GRADIENT, 'gradient of x');
    call.gradients.initialStates?.forEach((theirs, s) => {
      expectClose(gradient.initialStates[s], theirs, GRADIENT, `gradient of state ${s}`);
    });
    const theirs = kerasWeights(layer, config, call.gradients.weights, inputSize);
    for (const [name, values] of Object.entries(gradient.weights)) {
      expectClose(
        values,
        theirs[name as keyof typeof theirs] as Float64Array,
        GRADIENT,
        `gradient of ${name}`,
      );
    }
  }
}

describe.each(['keras-simple-rnn', 'keras-gru', 'keras-gru-reset-before', 'keras-lstm'])(
  'the float64 reference and %s',
  (file) => {
    it.each(loadFixtures(file).map((one) => [one.name, one] as const))('%s', (_, one) => check(one));
  },
);
