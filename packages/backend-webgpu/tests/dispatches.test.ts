import { cells, planFor } from '@sluice/core';
import { adam, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWebgpuBackend, type WebgpuBackend } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS, softwareDevice } from './software-device.js';
import { classifier } from './tfjs-classifier.js';

let backend: WebgpuBackend;
beforeAll(async () => {
  backend = await createWebgpuBackend({ device: await softwareDevice('default') });
});
afterAll(() => backend.device.destroy());

/** What a layer's forward pass and its gradient take. */
function dispatchesOf(cell: Parameters<typeof planFor>[0], batch: number, timesteps: number, units: number) {
  const plan = planFor(cell, { inputSize: units, units });
  const zeros = (length: number) => backend.upload(new Float32Array(length));
  const inputs = {
    batch,
    timesteps,
    x: zeros(batch * timesteps * units),
    parameters: plan.parameters.map(({ shape }) => zeros(shape.reduce((a, b) => a * b, 1))),
  };
  const before = backend.dispatches;
  const result = backend.forward(plan, inputs, true);
  const between = backend.dispatches;
  backend.gradient(plan, inputs, result, { sequence: result.sequence });
  return { forward: between - before, gradient: backend.dispatches - between };
}

test('50 steps of a GRU are two dispatches forward; its gradient is six', () => {
  expect(dispatchesOf(cells.gru(), 2, 50, 16)).toEqual({ forward: 2, gradient: 6 });
});

test('an SRU and an LSTM take no more', () => {
  expect(dispatchesOf(cells.sru(), 2, 50, 16)).toEqual({ forward: 2, gradient: 4 });
  expect(dispatchesOf(cells.lstm(), 2, 50, 16)).toEqual({ forward: 2, gradient: 6 });
});

test('step by step, a step is a dispatch for each stage', () => {
  expect(dispatchesOf(cells.gru(), 2, 5, 300).forward).toBe(1 + 5);
});

test("a training batch of the article's model takes at most 150, TensorFlow.js's own included", async () => {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  await import('../src/index.js');
  expect(await tf.setBackend('webgpu')).toBe(true);
  const pass = GPUComputePassEncoder.prototype;
  const original = pass.dispatchWorkgroups;
  let dispatches = 0;
  pass.dispatchWorkgroups = function (...sizes) {
    dispatches += 1;
    return original.apply(this, sizes);
  };
  try {
    const model = classifier(sequential, { vocabulary: 10_000, timesteps: 50, units: 128 });
    model.compile({ optimizer: adam(), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    // A quarter of the article's batch: from 11 rows on the number does not depend on it, and the software GPU is slow.
    const x = tf.randomUniform([16, 50], 0, 10_000, 'int32', 1);
    const y = tf.cast(tf.less(tf.slice(x, [0, 0], [16, 1]), 5000), 'float32');
    await model.trainOnBatch(x, y);
    dispatches = 0;
    await model.trainOnBatch(x, y);
    expect(dispatches).toBeLessThanOrEqual(150);
  } finally {
    pass.dispatchWorkgroups = original;
  }
});
