import { type Cell, cells, planFor } from '@sluice/core';
import { OwnedBuffer } from '@sluice/core/backend';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gpu } from '../src/engine/gpu.js';
import type { Kernel } from '../src/engine/kernel.js';
import { BufferPool } from '../src/engine/memory.js';
import { createWebgpuBackend, type WebgpuBackend } from '../src/engine.js';
import { mapProblem, type Problem, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

let device: GPUDevice;
beforeEach(async () => {
  device = await softwareDevice('default');
});
afterEach(() => device.destroy());

const problem = problemOf(cells.gru(), { batch: 2, timesteps: 3, inputSize: 4, units: 5 });

describe('a lost device', () => {
  test('rejects pending downloads and every later call, with the reason', async () => {
    const backend = await createWebgpuBackend({ device });
    const { plan, inputs } = mapProblem(problem, backend.upload);
    const { sequence } = backend.forward(plan, inputs);
    const download = backend.download(sequence);
    // After this microtask its copy has been submitted.
    await Promise.resolve();
    device.destroy();
    await expect(download).rejects.toThrow(/device has been destroyed.*new backend/);
    for (const call of [() => backend.forward(plan, inputs), () => backend.upload(new Float32Array(3))]) {
      expect(call).toThrow(/device has been destroyed/);
    }
    await expect(backend.download(sequence)).rejects.toThrow(/device has been destroyed/);
  });

  test('keeps numbers on the host: the same problem runs on the next device', async () => {
    const expected = await resultsOn(await createWebgpuBackend({ device }), problem);
    device.destroy();
    const next = await softwareDevice('default');
    const actual = await resultsOn(await createWebgpuBackend({ device: next }), problem);
    expect(worstError(actual, expected)).toBe(0);
    next.destroy();
  });
});

describe('an error of the device', () => {
  const wrong: Kernel = {
    name: 'a wrong kernel',
    uniforms: ['length'],
    bindings: [{ name: 'numbers', access: 'read_write' }],
    code: '@compute @workgroup_size(1) fn main() { numbers[0] = nothing; }',
  };

  function brokenGpu() {
    const memory = new BufferPool(device);
    const gpu = new Gpu(device, { memory, results: memory });
    const result = gpu.run('a broken call', ({ recorder, allocateResult }) => {
      const numbers = allocateResult(4);
      recorder.dispatch(wrong, [numbers.buffer], { length: 4 }, [1]);
      return numbers;
    });
    return { gpu, result };
  }

  test('is thrown by the download, with the name of the call and of the kernel', async () => {
    const { gpu, result } = brokenGpu();
    await expect(gpu.downloads.read(result)).rejects.toThrow(
      /a broken call is invalid: .*'nothing'[\s\S]*a wrong kernel/,
    );
    // Later calls work, but the failed call's result stays an error.
    expect(gpu.run('the next call', () => 'done')).toBe('done');
    await expect(gpu.downloads.read(result)).rejects.toThrow(/a broken call is invalid/);
  });

  test('is thrown by every use of the results of the failed call', async () => {
    const backend = await createWebgpuBackend({ device });
    const { plan, inputs } = mapProblem(problem, backend.upload);
    const original = device.createShaderModule.bind(device);
    device.createShaderModule = (description) =>
      original(description.label === 'multiply' ? description : { ...description, code: 'nothing' });
    const { sequence, states } = backend.forward(plan, inputs);
    device.createShaderModule = original;
    await expect(backend.download(sequence)).rejects.toThrow(/gru forward is invalid/);
    await expect(backend.download(states[0])).rejects.toThrow(/gru forward is invalid/);
    const good = mapProblem(
      problemOf(cells.sru(), { batch: 2, timesteps: 3, inputSize: 5, units: 5 }),
      backend.upload,
    );
    expect(() => backend.forward(good.plan, { ...good.inputs, initialStates: states })).toThrow(
      /gru forward is invalid/,
    );
    backend.release(sequence);
    const { sequence: right } = backend.forward(good.plan, good.inputs);
    expect(await backend.download(right)).toHaveLength(30);
  });

  test('is thrown for arrays that are too large to bind, before any work', async () => {
    const backend = await createWebgpuBackend({ device });
    const plan = planFor(cells.sru(), { inputSize: 1, units: 4096 });
    const parameters = plan.parameters.map(({ shape }) =>
      backend.upload(new Float32Array(shape.reduce((a, b) => a * b, 1))),
    );
    const x = backend.upload(new Float32Array(8193));
    const before = backend.traffic;
    expect(() => backend.forward(plan, { batch: 1, timesteps: 8193, x, parameters })).toThrow(
      /takes \d+ bytes, but this device binds at most 134217728 .*smaller batch/,
    );
    expect(() => backend.upload(new Float32Array(2 ** 25 + 1))).toThrow(RangeError);
    expect(backend.traffic).toEqual(before);
  });

  test('is thrown by the next call if that comes before a download', async () => {
    const { gpu } = brokenGpu();
    await device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(() => gpu.run('the next call', () => 'done')).toThrow(/a broken call is invalid/);
  });

  test('is thrown for buffers that are too large to bind', async () => {
    const backend = await createWebgpuBackend({ device });
    const { plan, inputs } = mapProblem(problem, backend.upload);
    const most = device.limits.maxStorageBufferBindingSize;
    const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const buffer = device.createBuffer({ size: most + 4, usage: STORAGE | COPY_DST | COPY_SRC });
    const { owner, length } = inputs.x;
    const large = { ...inputs, x: new OwnedBuffer(owner, length, { buffer, length }) };
    const { sequence } = backend.forward(plan, large);
    await expect(backend.download(sequence)).rejects.toThrow(/gru forward is invalid: .*size/);
  });

  test('is thrown by a warm-up', async () => {
    const memory = new BufferPool(device);
    const { pipelines } = new Gpu(device, { memory, results: memory });
    await expect(pipelines.prepare(wrong)).rejects.toThrow(
      /kernel 'a wrong kernel' does not compile: .*'nothing'/,
    );
  });
});

test('a call that throws while it records releases its temporaries and its results', () => {
  const [memory, results] = [new BufferPool(device), new BufferPool(device)];
  const gpu = new Gpu(device, { memory, results });
  const buffers: GPUBuffer[] = [];
  const failingCall = () =>
    gpu.run('a failing call', ({ recorder, allocateTemporary, allocateResult }) => {
      buffers.push(allocateTemporary(4), allocateResult(4).buffer);
      recorder.dispatch({ name: 'a kernel', uniforms: ['length'], bindings: [], code: '' }, [], {}, [1]);
    });
  expect(failingCall).toThrow('the kernel a kernel needs the uniform length');
  expect([memory.allocate(4), results.allocate(4)]).toEqual(buffers);
});

describe('a warm-up', () => {
  /** Warms up the backend for a cell and does some work; returns the labels of pipelines that each of both compiled. */
  async function recordPipelines(
    cell: Cell,
    work: (backend: WebgpuBackend, problem: Problem<Float32Array>) => unknown,
  ) {
    const cellProblem = problemOf(cell, { batch: 2, timesteps: 3, inputSize: 4, units: 5 });
    const backend = await createWebgpuBackend({ device });
    const labels = { warmUp: [] as unknown[], work: [] as unknown[] };
    const { createComputePipelineAsync, createComputePipeline } = device;
    device.createComputePipelineAsync = (description) => {
      labels.warmUp.push(description.label);
      return createComputePipelineAsync.call(device, description);
    };
    device.createComputePipeline = (description) => {
      labels.work.push(description.label);
      return createComputePipeline.call(device, description);
    };
    // The problem's mask is another program.
    await backend.warmUp(cellProblem.plan, { maskedOutput: 'repeat' });
    await work(backend, cellProblem);
    return labels;
  }

  test.each(['gru', 'sru'] as const)('leaves nothing to compile: %s', async (name) => {
    expect((await recordPipelines(cells[name](), resultsOn)).work).toEqual([]);
  });

  test('compiles the kernels beside the loop only for cells that run them', async () => {
    const kernelsBesideLoop = ['transpose', 'columnSums'];
    const kernelsOf = async (cell: Cell) => {
      const { warmUp } = await recordPipelines(cell, () => undefined);
      return kernelsBesideLoop.filter((name) => warmUp.includes(name));
    };
    expect(await kernelsOf(cells.gru())).toEqual(['transpose', 'columnSums']);
    expect(await kernelsOf(cells.sru())).toEqual(['columnSums']);
  });
});
