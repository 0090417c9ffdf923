import { cells, planFor } from '@sluice/core';
import { backendFromKernels, type Kernels } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { cpuKernels } from '../src/engine/cpu-kernels.js';

type CpuKernels = typeof cpuKernels;
type Right = CpuKernels extends Kernels<Float32Array, infer R, infer _> ? R : never;

/** Kernels that count what is in use, and refuse the allocation after so many more. */
function limitedKernels() {
  const inUse = new Set<Float32Array | Right>();
  let left = Number.POSITIVE_INFINITY;
  const take = <Taken extends Float32Array | Right>(make: () => Taken): Taken => {
    if (left-- <= 0) throw new RangeError('out of memory');
    const taken = make();
    inUse.add(taken);
    return taken;
  };
  const kernels: CpuKernels = {
    ...cpuKernels,
    allocate: (length) => take(() => cpuKernels.allocate(length)),
    zeros: (length) => take(() => cpuKernels.zeros(length)),
    release: (memory) => void inUse.delete(memory),
    prepare: (...matrix) => take(() => cpuKernels.prepare(...matrix)),
    prepareWeights: (...matrix) => take(() => cpuKernels.prepareWeights(...matrix)),
    releaseRight: (right) => void inUse.delete(right),
  };
  return {
    backend: backendFromKernels('cpu', kernels),
    inUse,
    allow: (count: number) => {
      left = count;
    },
  };
}

/** Calls it with 0, 1, 2, … allocations allowed, until it succeeds. @returns how often it failed. */
function failuresOf(call: () => unknown, { inUse, allow }: ReturnType<typeof limitedKernels>): number {
  const before = [...inUse];
  for (let count = 0; count < 200; count++) {
    allow(count);
    try {
      call();
      return count;
    } catch (error) {
      expect(String(error)).toContain('out of memory');
      expect([...inUse], `${count} allocations`).toEqual(before);
    }
  }
  throw new Error('it failed 200 times');
}

describe('a call that runs out of memory gives back what it had taken', () => {
  test.each([
    ['gru', cells.gru(), undefined],
    ['a masked lstm', cells.lstm(), [2, 4, 3]],
    ['sru', cells.sru(), undefined],
  ])('%s', (_, cell, lengths) => {
    const limited = limitedKernels();
    const { backend, allow } = limited;
    const plan = planFor(cell, { inputSize: 3, units: 2 });
    const inputs = {
      batch: 3,
      timesteps: 4,
      x: backend.upload(new Float32Array(36).fill(0.5)),
      parameters: plan.parameters.map(({ shape }) =>
        backend.upload(new Float32Array(shape.reduce((size, length) => size * length)).fill(0.1)),
      ),
      lengths,
    };
    expect(failuresOf(() => backend.forward(plan, inputs), limited)).toBeGreaterThan(3);
    allow(Number.POSITIVE_INFINITY);
    const result = backend.forward(plan, inputs, true);
    const cotangents = { sequence: backend.upload(new Float32Array(24).fill(1)) };
    const gradient = () => backend.gradient(plan, inputs, result, cotangents);
    expect(failuresOf(gradient, limited)).toBeGreaterThan(5);
  });
});
