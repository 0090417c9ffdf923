import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { cells, planFor } from '@sluice/core';
import type { OwnedBuffer } from '@sluice/core/backend';
import { RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { testTier } from '../../../../scripts/tier.mjs';
import { setThreadsCount } from '../../src/index.js';

const [batch, timesteps, inputSize, units] = [64, 12, 40, 64];
const plan = planFor(cells.lstm(), { inputSize, units });
const attrs = { plan, reverse: false, maskedOutput: 'repeat', keep: true } as never;

beforeAll(async () => {
  setThreadsCount(2);
  expect(await tf.setBackend('wasm')).toBe(true);
});

const wave = (shape: readonly number[], seed: number) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + seed) / 3),
    [...shape],
  );

function inputsFor(steps: number): Record<string, Tensor> {
  return {
    x: wave([batch, steps, inputSize], 1),
    state0: wave([batch, units], 2),
    state1: wave([batch, units], 3),
    ...Object.fromEntries(plan.parameters.map(({ shape }, i) => [`parameter${i}`, wave(shape, i + 4)])),
  };
}

const run = (kernel: string, inputs: Record<string, Tensor>) =>
  tf.engine().runKernel(kernel, inputs, attrs) as Tensor[];

async function expectClose(actual: Tensor, { memory }: OwnedBuffer<Float32Array>) {
  const wanted = memory as Float32Array;
  const values = await actual.data<'float32'>();
  expect(values.length).toBe(wanted.length);
  const worst = values.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - wanted[i]) / Math.max(1, Math.abs(wanted[i]))),
    0,
  );
  expect(worst).toBeLessThan(2e-5);
}

test('on threads, the kernels give the results of the cpu engine, every time', async () => {
  const inputs = inputsFor(timesteps);
  const dSequence = tf.mul(wave([batch, timesteps, units], 9), 1 / Math.sqrt(batch * timesteps));
  const cpu = createCpuBackend();
  const upload = (tensor: Tensor) => cpu.upload(tensor.dataSync() as Float32Array);
  const given = {
    batch,
    timesteps,
    x: upload(inputs.x),
    initialStates: [upload(inputs.state0), upload(inputs.state1)],
    parameters: plan.parameters.map((_, i) => upload(inputs[`parameter${i}`])),
  };
  const result = cpu.forward(plan, given, true);
  const wanted = cpu.gradient(plan, given, result, { sequence: upload(dSequence) });
  for (let i = 0; i < 5; i++) {
    const [sequence, h, c, saved] = run(RECURRENT, inputs);
    const gradient = run(RECURRENT_GRADIENT, { ...inputs, sequence, saved, dSequence });
    await expectClose(sequence, result.sequence);
    await expectClose(h, result.states[0]);
    await expectClose(c, result.states[1]);
    const all = [wanted.x, ...wanted.parameters, ...wanted.initialStates];
    for (const [j, values] of all.entries()) await expectClose(gradient[j], values);
    tf.dispose([sequence, h, c, saved, gradient]);
    // Time for the workers to come up.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

// It writes 4.5 GB.
test.runIf(testTier() === 'full')('saved values are released with their tensor', () => {
  const [steps, size] = [2000, 8];
  const wide = planFor(cells.indRnn(), { inputSize: size, units: 64 });
  const inputs: Record<string, Tensor> = {
    x: tf.ones([batch, steps, size]),
    state0: tf.zeros([batch, 64]),
    ...Object.fromEntries(wide.parameters.map(({ shape }, i) => [`parameter${i}`, wave(shape, i)])),
  };
  const before = tf.memory().numTensors;
  // 65 MB each: without giving back, the 4 GB of the memory would not hold them.
  const keep = { ...(attrs as object), plan: wide } as never;
  for (let i = 0; i < 70; i++) tf.dispose(tf.engine().runKernel(RECURRENT, inputs, keep) as Tensor[]);
  expect(tf.memory().numTensors).toBe(before);
});

test('the number of threads cannot change while the backend runs', () => {
  expect(() => setThreadsCount(1)).toThrow(/call it before tf\.setBackend/);
  expect(() => setThreadsCount(0)).toThrow(/whole number from 1 to 64/);
});

test('the number of threads can change after the backend is removed', () => {
  tf.removeBackend('wasm');
  expect(() => setThreadsCount(1)).not.toThrow();
});
