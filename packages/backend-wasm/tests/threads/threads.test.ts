import { cells, planFor } from '@sluice/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createWasmBackend, type WasmBackend } from '../../src/engine.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 0.37 + seed) / 4);

/** Forward and gradient of a layer large enough that every step is shared: the numbers, by name. */
async function numbersOf(
  backend: WasmBackend,
  cell: ReturnType<typeof cells.gru>,
  batch: number,
  units: number,
) {
  const [timesteps, inputSize] = [5, units];
  const plan = planFor(cell, { inputSize, units });
  const inputs = {
    batch,
    timesteps,
    x: backend.upload(wave(batch * timesteps * inputSize, 1)),
    parameters: plan.parameters.map(({ shape }, i) =>
      backend.upload(
        wave(
          shape.reduce((a, b) => a * b),
          i,
        ),
      ),
    ),
    mask: backend.upload(Float32Array.from({ length: batch * timesteps }, (_, i) => Number(i % 7 !== 3))),
  };
  const cotangent = backend.upload(wave(batch * timesteps * units, 5));
  const result = backend.forward(plan, inputs, true);
  const gradient = backend.gradient(plan, inputs, result, { sequence: cotangent });
  const buffers = {
    sequence: result.sequence,
    states: result.states,
    x: gradient.x,
    parameters: gradient.parameters,
    initialStates: gradient.initialStates,
  };
  const lists = Object.entries(buffers).map(async ([name, list]) => {
    const all = await Promise.all([list].flat().map((buffer) => backend.download(buffer)));
    return [name, all] as const;
  });
  const numbers: Numbers = Object.fromEntries(await Promise.all(lists));
  for (const buffer of Object.values(buffers).flat()) backend.release(buffer);
  return numbers;
}

type Numbers = Record<string, Float32Array[]>;

/** The largest difference, relative to max(1, |wanted|), between numbers of the same names; NaN where one is. */
function distance(given: Numbers, wanted: Numbers): number {
  let largest = 0;
  for (const [name, lists] of Object.entries(given)) {
    lists.forEach((list, i) => {
      expect(list.length).toBe(wanted[name][i].length);
      for (const [j, value] of list.entries()) {
        const other = wanted[name][i][j];
        const off = Math.abs(value - other) / Math.max(1, Math.abs(other));
        if (!(off <= largest)) largest = off;
      }
    });
  }
  return largest;
}

const workersUp = () => new Promise((resolve) => setTimeout(resolve, 300));

describe.each([
  ['gru', cells.gru(), 64, 96],
  ['lstm', cells.lstm(), 48, 64],
  ['sru', cells.sru(), 64, 128],
  ['one sequence of many units', cells.gru(), 1, 512],
] as const)('%s', (_, cell, batch, units) => {
  test('gives the numbers of one thread, before the workers are there and after, every time', async () => {
    const [one, three] = [await createWasmBackend({ threads: 1 }), await createWasmBackend({ threads: 3 })];
    const expected = await numbersOf(one, cell, batch, units);
    const first = await numbersOf(three, cell, batch, units);
    await workersUp();
    const second = await numbersOf(three, cell, batch, units);
    expect(distance(second, first)).toBe(0);
    const { parameters, x, ...exact } = first;
    expect(distance(exact, expected)).toBe(0);
    // Sums over the batch are formed in parts, and a product that is added to something is finished first.
    expect(distance({ parameters }, expected)).toBeLessThan(1e-5);
    expect(distance({ x }, expected)).toBeLessThan(3e-7);
    three.stopThreads();
    expect(distance(await numbersOf(three, cell, batch, units), first)).toBe(0);
  });
});

describe('how many threads', () => {
  test('as many as the machine has, unless told; one on a memory that is not shared', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 5 });
    expect((await createWasmBackend()).threads).toBe(5);
    vi.stubGlobal('navigator', { hardwareConcurrency: 128 });
    expect((await createWasmBackend()).threads).toBe(8);
    expect((await createWasmBackend({ threads: 2 })).threads).toBe(2);
    expect((await createWasmBackend({ memory: new WebAssembly.Memory({ initial: 1 }) })).threads).toBe(1);
  });

  test('a number that is none, and a memory that cannot be shared, are refused', async () => {
    for (const threads of [0, -1, 1.5, 65, Number.NaN]) {
      await expect(createWasmBackend({ threads })).rejects.toThrow(/whole number from 1 to 64/);
    }
    const memory = new WebAssembly.Memory({ initial: 1 });
    await expect(createWasmBackend({ memory, threads: 2 })).rejects.toThrow(
      /2 threads need a memory that they share/,
    );
  });

  test('one in a page that is not isolated, which is said once', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const info = vi.spyOn(console, 'info').mockReturnValue();
    expect((await createWasmBackend({ threads: 4 })).threads).toBe(1);
    expect((await createWasmBackend({ threads: 4 })).threads).toBe(1);
    expect(info).toHaveBeenCalledTimes(1);
    expect(info.mock.calls[0][0]).toMatch(/not cross-origin isolated.*Cross-Origin-Opener-Policy/);
  });
});
