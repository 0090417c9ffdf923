import { cells } from '@sluice/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { countChunks, countLoopChunks } from '../../src/engine/threads/divide.js';
import { createWasmBackend } from '../../src/engine.js';
import { distance, numbersOf, workersUp } from './layer-numbers.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe.each([
  ['gru', cells.gru(), 64, 96],
  ['lstm', cells.lstm(), 48, 64],
  ['sru', cells.sru(), 64, 128],
  ['an odd batch, two products of the state one after another', cells.gru({ resetAfter: false }), 37, 96],
  ['one sequence of many units', cells.gru(), 1, 512],
] as const)('%s', (_, cell, batch, units) => {
  test('gives the numbers of one thread, before and after the workers start, every time', async () => {
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

describe('the number of threads', () => {
  test('is by default that of the processors, and one on a memory that is not shared', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 5 });
    expect((await createWasmBackend()).threads).toBe(5);
    vi.stubGlobal('navigator', { hardwareConcurrency: 128 });
    expect((await createWasmBackend()).threads).toBe(8);
    expect((await createWasmBackend({ threads: 2 })).threads).toBe(2);
    expect((await createWasmBackend({ memory: new WebAssembly.Memory({ initial: 1 }) })).threads).toBe(1);
  });

  test('is refused if it is no whole number, or for a memory that is not shared', async () => {
    for (const threads of [0, -1, 1.5, 65, Number.NaN]) {
      await expect(createWasmBackend({ threads })).rejects.toThrow(/whole number from 1 to 64/);
    }
    const memory = new WebAssembly.Memory({ initial: 1 });
    await expect(createWasmBackend({ memory, threads: 2 })).rejects.toThrow(
      /2 threads need a memory that they share/,
    );
  });

  test('is one in a page that is not isolated, with one message if more were requested', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const info = vi.spyOn(console, 'info').mockReturnValue();
    vi.stubGlobal('navigator', { hardwareConcurrency: 5 });
    expect((await createWasmBackend()).threads).toBe(1);
    expect((await createWasmBackend({ threads: 1 })).threads).toBe(1);
    expect(info).not.toHaveBeenCalled();
    expect((await createWasmBackend({ threads: 4 })).threads).toBe(1);
    expect((await createWasmBackend({ threads: 4 })).threads).toBe(1);
    expect(info).toHaveBeenCalledTimes(1);
    expect(info.mock.calls[0][0]).toMatch(/not cross-origin isolated.*Cross-Origin-Opener-Policy/);
  });
});

test('is one after no worker could start', async () => {
  const backend = await createWasmBackend({ threads: 3 });
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue({
    Worker: class {
      constructor() {
        throw new Error('no threads here');
      }
    },
  } as never);
  expect(backend.threads).toBe(3);
  await numbersOf(backend, cells.gru(), 64, 96);
  expect(backend.threads).toBe(1);
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('could start 0 of 2 worker threads: no threads')],
  ]);
});

test('is one after the workers are ended', async () => {
  const backend = await createWasmBackend({ threads: 2 });
  backend.stopThreads();
  expect(backend.threads).toBe(1);
});

test('work has no more chunks than the queue has places, and the same share for all threads', () => {
  for (let threads = 2; threads <= 64; threads++) {
    const chunks = countChunks(Number.POSITIVE_INFINITY, threads, Number.POSITIVE_INFINITY);
    expect(chunks).toBeLessThanOrEqual(64);
    expect(chunks % threads).toBe(0);
  }
});

test('a time loop is shared if every thread gets a pair of rows, in larger chunks for many rows', () => {
  const much = 1e9;
  expect(countLoopChunks(much, 2, 64)).toBe(4);
  expect(countLoopChunks(much, 2, 16)).toBe(2);
  expect(countLoopChunks(much, 8, 64)).toBe(8);
  expect(countLoopChunks(much, 8, 16)).toBe(8);
  expect(countLoopChunks(much, 8, 15)).toBe(1);
  expect(countLoopChunks(1000, 2, 64)).toBe(1);
});

test('addresses above 2 GB work', async () => {
  const memory = new WebAssembly.Memory({ initial: 32_780, maximum: 33_000, shared: true });
  const high = await createWasmBackend({ memory, threads: 2 });
  const low = await createWasmBackend({ threads: 2 });
  const numbers = await numbersOf(high, cells.gru(), 64, 64);
  await workersUp();
  const again = await numbersOf(high, cells.gru(), 64, 64);
  const expected = await numbersOf(low, cells.gru(), 64, 64);
  expect(distance(numbers, expected)).toBe(0);
  expect(distance(again, expected)).toBe(0);
});
