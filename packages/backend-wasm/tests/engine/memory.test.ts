import { cells, planFor } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { GrowingHeap } from '../../src/engine/heap.js';
import { createWasmBackend } from '../../src/engine.js';
import { kernelsOnMemory } from './kernels-on-memory.js';
import { usedBytes } from './used-bytes.js';

const memoryOf = (maximum?: number) =>
  new WebAssembly.Memory(maximum === undefined ? { initial: 1 } : { initial: 1, maximum });

describe('the heap', () => {
  test('never changes earlier contents of the memory or pages of others', () => {
    const memory = memoryOf();
    const heap = new GrowingHeap(memory);
    const first = heap.allocate(100);
    const foreign = memory.grow(1) * 65_536;
    const others = Array.from({ length: 40 }, () => heap.allocate(10_000));
    for (const address of [first, ...others]) {
      expect(address).toBeGreaterThanOrEqual(65_536);
      expect(address + 10_000 <= foreign || address >= foreign + 65_536).toBe(true);
    }
  });

  test('pieces do not overlap, whatever the order of release', () => {
    const heap = new GrowingHeap(memoryOf());
    const held = new Map<number, number>();
    let state = 1;
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let i = 0; i < 3000; i++) {
      if (random(2) === 0 || held.size === 0) {
        const bytes = 1 + random(9000);
        const address = heap.allocate(bytes);
        for (const [other, size] of held)
          expect(address + bytes <= other || other + size <= address).toBe(true);
        held.set(address, bytes);
      } else {
        const addresses = [...held.keys()];
        const address = addresses[random(addresses.length)];
        heap.release(address);
        held.delete(address);
      }
    }
    for (const address of held.keys()) heap.release(address);
    expect(usedBytes(heap)).toBe(0);
    const size = heap.memory.buffer.byteLength;
    heap.allocate(size - 65_536);
    expect(heap.memory.buffer.byteLength).toBe(size);
  });

  test('throws errors with advice for a full memory and for a buffer that is released twice', () => {
    const heap = new GrowingHeap(memoryOf(3));
    const address = heap.allocate(100_000);
    expect(() => heap.allocate(100_000)).toThrow(/cannot grow by 0\.1 MB: release buffers/);
    heap.release(address);
    expect(() => heap.release(address)).toThrow(/is not in use: release each once/);
    expect(heap.allocate(100_000)).toBe(address);
  });
});

test('zeros are zeros, also in used memory', async () => {
  const { kernels, put } = await kernelsOnMemory();
  kernels.release(put(new Float32Array(50).fill(7)));
  expect([...kernels.view(kernels.zeros(50))]).toEqual(Array(50).fill(0));
});

describe('the packed form of a weight', () => {
  test('is created once and kept until the weight is released', async () => {
    const { heap, kernels, put } = await kernelsOnMemory();
    const weight = put(new Float32Array(40).fill(2));
    const used = usedBytes(heap);
    const matrix = { memory: weight, offset: 0, rowStride: 10, columnStride: 1 };
    const right = kernels.prepareWeights(matrix, 1, 4, 10);
    kernels.releaseRight(right);
    expect(kernels.prepareWeights({ ...matrix }, 9, 4, 10)).toBe(right);
    const transposed = { ...matrix, rowStride: 1, columnStride: 10 };
    expect(kernels.prepareWeights(transposed, 1, 10, 4)).not.toBe(right);
    expect(kernels.prepareWeights({ ...matrix, offset: 10 }, 1, 3, 10)).not.toBe(right);
    expect(usedBytes(heap)).toBeGreaterThan(used);
    kernels.release(weight);
    expect(usedBytes(heap)).toBe(used - 192);
  });

  test('is not used for another weight in the same memory', async () => {
    const backend = await createWasmBackend();
    const plan = planFor(cells.simpleRnn({ activation: 'linear' }), { inputSize: 1, units: 1 });
    const outputs: number[] = [];
    for (const kernel of [2, 3]) {
      const buffers = [kernel, 0, 0].map((value) => backend.upload(Float32Array.of(value)));
      const x = backend.upload(Float32Array.of(10));
      const { sequence, states } = backend.forward(plan, { batch: 1, timesteps: 1, x, parameters: buffers });
      outputs.push((await backend.download(sequence))[0]);
      for (const buffer of [...buffers, x, sequence, ...states]) backend.release(buffer);
    }
    expect(outputs).toEqual([20, 30]);
  });
});

test('a thousand forward passes and gradients need no more memory than ten', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const backend = await createWasmBackend({ memory });
  const plan = planFor(cells.gru(), { inputSize: 5, units: 6 });
  const ones = (length: number) => backend.upload(new Float32Array(length).fill(0.1));
  const inputs = {
    batch: 3,
    timesteps: 4,
    x: ones(60),
    parameters: plan.parameters.map(({ shape }) => ones(shape.reduce((a, b) => a * b))),
    mask: backend.upload(Float32Array.of(1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0)),
  };
  const run = () => {
    const result = backend.forward(plan, inputs, true);
    const cotangents = { sequence: ones(72) };
    const gradient = backend.gradient(plan, inputs, result, cotangents);
    const { sequence, states, saved } = result;
    const { x, parameters, initialStates } = gradient;
    for (const buffer of [
      sequence,
      ...states,
      saved,
      cotangents.sequence,
      x,
      ...parameters,
      ...initialStates,
    ]) {
      if (buffer) backend.release(buffer);
    }
  };
  for (let i = 0; i < 10; i++) run();
  const size = memory.buffer.byteLength;
  for (let i = 0; i < 1000; i++) run();
  expect(memory.buffer.byteLength).toBe(size);
});

test('threads may share the memory', async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000, shared: true });
  const backend = await createWasmBackend({ memory });
  const plan = planFor(cells.minGru(), { inputSize: 2, units: 3 });
  const { sequence } = backend.forward(plan, {
    batch: 1,
    timesteps: 2,
    x: backend.upload(Float32Array.of(1, 2, 3, 4)),
    parameters: plan.parameters.map(({ shape }) =>
      backend.upload(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5)),
    ),
  });
  expect((await backend.download(sequence)).every((value) => value > 0)).toBe(true);
});
