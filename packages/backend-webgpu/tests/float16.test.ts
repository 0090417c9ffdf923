import { cells } from '@sluice/core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { env } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { create } from 'webgpu';
import { requestDevice } from '../src/engine/device.js';
import { createWebgpuBackend, type WebgpuBackendOptions } from '../src/engine.js';
import { attach, FLOAT16_WEIGHTS } from '../src/tfjs/attach.js';
import { asGpu } from './as-gpu.js';
import { expectedOf, type Problem, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

const models = {
  gru: cells.gru(),
  gruResetBefore: cells.gru({ resetAfter: false }),
  lstm: cells.lstm(),
  simpleRnn: cells.simpleRnn(),
  liGru: cells.liGru(),
  sru: cells.sru(),
};
const names = Object.keys(models) as (keyof typeof models)[];
const strategies = ['resident', 'stepwise'] as const;
const problemFor = (name: keyof typeof models, units = 33) =>
  problemOf(models[name], { batch: 9, timesteps: 7, inputSize: 5, units });

/** Rounds numbers to 11 bits, which 16-bit floats represent exactly. */
const truncate = (values: Float32Array): Float32Array => {
  const bits = new Uint32Array(values.slice().buffer);
  return new Float32Array(bits.map((number) => number & 0xffff_e000).buffer);
};

let device: GPUDevice;
beforeAll(async () => {
  device = await softwareDevice('adapter');
});
afterAll(() => device.destroy());

describe('shaders with 16-bit weights', () => {
  // Dawn's null adapter validates everything, computes nothing, and has 16-bit floats on every machine.
  // It must stay referenced while it is in use.
  const dawn = create(['backend=null']);
  let checking: GPUDevice;
  beforeAll(async () => {
    const adapter = await dawn.requestAdapter();
    if (adapter === null) throw new Error('Dawn has no null adapter');
    checking = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'] });
  });
  afterAll(() => checking.destroy());

  test.each(names.flatMap((name) => strategies.map((strategy) => [name, strategy] as const)))(
    'are valid: %s, %s',
    async (name, strategy) => {
      const problem = problemFor(name);
      const dispatches = async (weightType: WebgpuBackendOptions['weightType']) => {
        const backend = await createWebgpuBackend({ device: checking, strategy, weightType });
        await backend.warmUp(problem.plan, { maskedOutput: 'repeat' });
        await resultsOn(backend, problem);
        expect(backend.weightType).toBe(weightType);
        return backend.traffic.dispatches;
      };
      // One more rounds the weights for the forward pass, one for the gradient, if products multiply states.
      const more = name === 'sru' ? 0 : 2;
      expect(await dispatches('float16')).toBe((await dispatches('float32')) + more);
    },
  );

  test('are used with TensorFlow.js when its flag is set', () => {
    const typeWith = (flag: boolean) => {
      env().set(FLOAT16_WEIGHTS, flag);
      return attach(new WebGPUBackend(checking)).gpu.weightType;
    };
    expect(typeWith(true)).toBe('float16');
    expect(typeWith(false)).toBe('float32');
  });
});

describe('results with 16-bit weights', () => {
  const skipWithoutFloat16 = ({ skip, task }: TestContext) => {
    if (device.features.has('shader-f16')) return;
    const { vendor, architecture } = device.adapterInfo;
    console.warn(`skipped: the adapter ${vendor} ${architecture} has no shader-f16: ${task.name}`);
    skip('no shader-f16');
  };
  const results = async (problem: Problem<Float32Array>, options: WebgpuBackendOptions) =>
    resultsOn(await createWebgpuBackend({ device, weightType: 'float16', ...options }), problem);

  for (const name of names) {
    for (const strategy of strategies) {
      test(`agree with float32 for weights that 16 bits represent: ${name}, ${strategy}`, async (context) => {
        skipWithoutFloat16(context);
        const problem = problemFor(name);
        const { inputs } = problem;
        const exact = { ...problem, inputs: { ...inputs, parameters: inputs.parameters.map(truncate) } };
        const expected = expectedOf(exact);
        expect(worstError(await results(exact, { strategy }), expected)).toBeLessThan(1e-5);
        const onGpu = await results(exact, { strategy, device: asGpu(device) });
        expect(worstError(onGpu, expected)).toBeLessThan(1e-5);
      });
    }
  }

  test('differ from those of float32 by the rounding of the weights', async (context) => {
    skipWithoutFloat16(context);
    const problem = problemFor('gru', 128);
    const error = worstError(await results(problem, {}), expectedOf(problem));
    expect(error).toBeGreaterThan(2e-5);
    expect(error).toBeLessThan(2e-3);
  });

  test('are those of float32 on a device without shader-f16', async () => {
    const plain = await requestDevice({ limits: 'default' });
    const problem = problemFor('lstm');
    const backend = await createWebgpuBackend({ device: plain, weightType: 'float16' });
    expect(backend.weightType).toBe('float32');
    const expected = await resultsOn(await createWebgpuBackend({ device: plain }), problem);
    expect(await resultsOn(backend, problem)).toEqual(expected);
    plain.destroy();
  });
});

test('an unknown type of weights is refused', async () => {
  const wrong = { device, weightType: 'float8' } as unknown as WebgpuBackendOptions;
  await expect(createWebgpuBackend(wrong)).rejects.toThrow(
    "weightType is 'float8'; expected 'float32' or 'float16'",
  );
});
