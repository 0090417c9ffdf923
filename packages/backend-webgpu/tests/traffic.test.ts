import { type Cell, cells, planFor } from '@sluice/core';
import { adam, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebgpuBackend, type Traffic, type WebgpuBackend } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { countDeviceCalls } from './device-calls.js';
import { SOFTWARE_FLAGS, softwareDevice } from './software-device.js';
import { classifier } from './tfjs-classifier.js';

/** Subtracts two counts. */
const difference = (before: Traffic, after: Traffic): Traffic => ({
  dispatches: after.dispatches - before.dispatches,
  uploadedBytes: after.uploadedBytes - before.uploadedBytes,
  downloadedBytes: after.downloadedBytes - before.downloadedBytes,
  copiedBytes: after.copiedBytes - before.copiedBytes,
});

describe('the engine', () => {
  let backend: WebgpuBackend;
  beforeAll(async () => {
    backend = await createWebgpuBackend({ device: await softwareDevice('default') });
  });
  afterAll(() => backend.device.destroy());

  /** Measures the traffic of a forward pass, of its gradient, and of reading the outputs. */
  async function trafficOf(cell: Cell, batch: number, timesteps: number, units: number) {
    const plan = planFor(cell, { inputSize: units, units });
    const zeros = (length: number) => backend.upload(new Float32Array(length));
    const inputs = {
      batch,
      timesteps,
      x: zeros(batch * timesteps * units),
      parameters: plan.parameters.map(({ shape }) => zeros(shape.reduce((a, b) => a * b, 1))),
    };
    const before = backend.traffic;
    const result = backend.forward(plan, inputs, true);
    const forward = backend.traffic;
    backend.gradient(plan, inputs, result, { sequence: result.sequence });
    const gradient = backend.traffic;
    await backend.download(result.sequence);
    return {
      forward: difference(before, forward),
      gradient: difference(forward, gradient),
      reading: difference(gradient, backend.traffic),
    };
  }

  const UNIFORMS = 256;

  test('runs 50 steps of a GRU in two dispatches forward and six for the gradient, and copies little more than its weights', async () => {
    const [batch, timesteps, units] = [2, 50, 16];
    const { forward, gradient, reading } = await trafficOf(cells.gru(), batch, timesteps, units);
    const weights = 3 * units * units;
    const biases = 6 * units;
    const state = batch * units;
    // Zeros before the first step, and the state behind the last.
    expect(forward).toEqual({
      dispatches: 2,
      uploadedBytes: 2 * UNIFORMS,
      downloadedBytes: 0,
      copiedBytes: 4 * (weights + biases + 2 * state),
    });
    // Zeros, for the sums of the biases over the steps, their gradients and the state's cotangent; those sums, and that cotangent.
    expect(gradient).toEqual({
      dispatches: 6,
      uploadedBytes: 6 * UNIFORMS,
      downloadedBytes: 0,
      copiedBytes: 4 * (batch * biases + biases + state + biases + state),
    });
    expect(reading).toEqual({
      dispatches: 0,
      uploadedBytes: 0,
      downloadedBytes: 4 * batch * timesteps * units,
      copiedBytes: 0,
    });
  });

  test('sums the slices of a deep product in one dispatch', async () => {
    expect((await trafficOf(cells.gru(), 16, 50, 16)).gradient.dispatches).toBe(8);
  });

  test('takes no more dispatches for an SRU and an LSTM', async () => {
    const dispatchesOf = async (cell: Cell) => {
      const { forward, gradient } = await trafficOf(cell, 2, 50, 16);
      return [forward.dispatches, gradient.dispatches];
    };
    expect(await dispatchesOf(cells.sru())).toEqual([2, 4]);
    expect(await dispatchesOf(cells.lstm())).toEqual([2, 6]);
  });

  test('takes a dispatch for each stage of a step when it is stepwise', async () => {
    expect((await trafficOf(cells.gru(), 2, 5, 300)).forward.dispatches).toBe(1 + 5);
  });

  test.each([
    ['in one dispatch', cells.gru(), 16],
    ['without products of the state', cells.sru(), 16],
    ['step by step', cells.lstm(), 300],
  ])('counts the same work as WebGPU: %s', async (_, cell, units) => {
    const before = backend.traffic;
    const device = countDeviceCalls();
    try {
      await trafficOf(cell, 2, 5, units);
      expect(device.counts).toEqual(difference(before, backend.traffic));
    } finally {
      device.stop();
    }
  });
});

test("a training batch of the article's model is at most 100 dispatches, TensorFlow.js's own included, and stays on the device", async () => {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  await import('../src/index.js');
  expect(await tf.setBackend('webgpu')).toBe(true);
  const { counts, stop } = countDeviceCalls();
  try {
    const model = classifier(sequential, { vocabulary: 10_000, timesteps: 50, units: 128 });
    model.compile({ optimizer: adam(), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    // A quarter of the article's batch, which takes about as many, for the software GPU is slow.
    const x = tf.randomUniform([16, 50], 0, 10_000, 'int32', 1);
    const y = tf.cast(tf.less(tf.slice(x, [0, 0], [16, 1]), 5000), 'float32');
    await model.trainOnBatch(x, y);
    const before = { ...counts };
    await model.trainOnBatch(x, y);
    const { dispatches, uploadedBytes, downloadedBytes, copiedBytes } = difference(before, counts);
    expect(dispatches).toBeLessThanOrEqual(100);
    // Sizes and places for the kernels; the loss and the accuracy.
    expect(uploadedBytes).toBeLessThanOrEqual(dispatches * 512);
    expect(downloadedBytes).toBe(2 * 4);
    // A layer has 6 matrices of 128². Half go to where its loop reads them.
    expect(copiedBytes).toBeLessThan(2 * 5 * 4 * 128 ** 2);
  } finally {
    stop();
  }
});
