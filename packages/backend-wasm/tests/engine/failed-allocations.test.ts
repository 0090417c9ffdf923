import { cells, planFor } from '@sluice/core';
import { backendFromKernels, type SequenceInputs } from '@sluice/core/backend';
import { expect, test } from 'vitest';
import { loadKernels } from '../../src/engine/fixed-kernels.js';
import { type Floats, GrowingHeap } from '../../src/engine/heap.js';
import { wasmKernels } from '../../src/engine/wasm-kernels.js';

/** A heap that is full from the n-th allocation on, and is told nothing twice. */
class LimitedHeap extends GrowingHeap {
  left = Number.POSITIVE_INFINITY;
  readonly live = new Set<number>();

  override allocate(bytes: number): number {
    if (this.left-- <= 0) throw new RangeError('no room');
    const address = super.allocate(bytes);
    this.live.add(address);
    return address;
  }

  override release(address: number): void {
    if (!this.live.delete(address)) throw new Error(`${address} is given back twice`);
    super.release(address);
  }
}

test.each([
  ['gru', cells.gru(), 2],
  ['gru of a batch to share', cells.gru(), 9],
  ['sru', cells.sru(), 2],
] as const)(
  '%s: after calls that failed anywhere, results and used memory are as ever',
  async (_, cell, batch) => {
    const [inputSize, units, timesteps] = [4, 5, 3];
    const plan = planFor(cell, { inputSize, units });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new LimitedHeap(memory);
    const kernels = await wasmKernels(heap, await loadKernels(memory, false));
    const backend = backendFromKernels('wasm', kernels);
    const wave = (length: number) => backend.upload(Float32Array.from({ length }, (_, i) => Math.sin(i)));
    const inputs: SequenceInputs<Floats> = {
      batch,
      timesteps,
      lengths: Array.from({ length: batch }, (_, row) => 1 + (row % timesteps)),
      x: wave(batch * timesteps * inputSize),
      parameters: plan.parameters.map(({ shape }) => wave(shape.reduce((a, b) => a * b))),
    };
    const cotangents = { sequence: wave(batch * timesteps * units) };
    /** Both passes; what they give is copied and released. */
    const numbers = () => {
      const held: Floats[] = [];
      const taken = (given: Floats[]) => {
        held.push(...given);
        return given.map((floats) => [...kernels.view(floats)]);
      };
      try {
        const result = backend.forward(plan, inputs, true);
        const forward = taken([result.sequence, ...result.states, ...(result.saved ? [result.saved] : [])]);
        const { x, parameters, initialStates } = backend.gradient(plan, inputs, result, cotangents);
        return [...forward, ...taken([x, ...parameters, ...initialStates])];
      } finally {
        for (const floats of held) backend.release(floats);
      }
    };
    let first: number[][] | undefined;
    let failures = 0;
    while (first === undefined) {
      heap.left = failures;
      try {
        first = numbers();
      } catch (error) {
        expect(error).toEqual(new RangeError('no room'));
        failures += 1;
      }
    }
    heap.left = Number.POSITIVE_INFINITY;
    expect(failures).toBeGreaterThan(10);
    const { size } = heap.live;
    expect(numbers()).toEqual(first);
    expect(heap.live.size).toBe(size);
    for (let left = 0; left < failures; left++) {
      heap.left = left;
      try {
        numbers();
      } catch (error) {
        expect(error).toEqual(new RangeError('no room'));
      }
      expect(heap.live.size).toBe(size);
    }
  },
);
