import type { WasmBackend } from '@sluice/backend-wasm/engine';
import type { Backend } from '@sluice/core/backend';
import { describe, expect, test, vi } from 'vitest';
import { addBackend, backendNamed, isBackendName } from '../src/backends.js';
import type { Machine } from '../src/run/results.js';

const setThreadsCount = vi.hoisted(() => vi.fn());
vi.mock('@sluice/backend-wasm', () => ({ setThreadsCount }));

describe('names', () => {
  test('are of the backends, and of wasm with a number of threads', () => {
    const names = ['cpu', 'wasm', 'wasm-2', 'wasm-16', 'webgpu'];
    const others = ['wasm-', 'wasm-0', 'wasm-1', 'wasm-02', 'wasm-2.5', 'wasm-two', 'cpu-2', 'webgl', ''];
    expect([...names, ...others].filter(isBackendName)).toEqual(names);
    expect(
      (['cpu', 'wasm', 'wasm-2', 'wasm-16'] as const).map((name) => {
        const { tfjsName, threads } = backendNamed(name);
        return [tfjsName, threads];
      }),
    ).toEqual([
      ['cpu', 1],
      ['wasm', 1],
      ['wasm', 2],
      ['wasm', 16],
    ]);
  });
});

describe('a backend of the user', () => {
  test('is known once it is added, under a name of its own', async () => {
    expect(backendNamed('abacus').missingOn({} as Machine)).toMatch(/another program/);
    const engine = {} as Backend<unknown>;
    addBackend('slide-rule', async () => engine);
    expect(isBackendName('slide-rule')).toBe(true);
    expect(backendNamed('slide-rule').missingOn({} as Machine)).toBeUndefined();
    expect(await backendNamed('slide-rule').kernels.createEngine()).toBe(engine);
    expect(() => addBackend('cpu', async () => engine)).toThrow(/There is a backend 'cpu' already/);
    await expect(backendNamed('abacus').kernels.createEngine()).rejects.toThrow(/'abacus' is not imported/);
  });
});

describe('the number of threads', () => {
  test('is set for the kernels in TensorFlow.js, once', async () => {
    await backendNamed('wasm-2').kernels.load();
    await backendNamed('wasm-2').kernels.load();
    await backendNamed('wasm').kernels.load();
    expect(setThreadsCount.mock.calls).toEqual([[2], [1]]);
  });

  test.each([
    ['wasm', 1],
    ['wasm-3', 3],
  ] as const)('of the engine for %s is %i', async (name, threads) => {
    const engine = (await backendNamed(name).kernels.createEngine()) as WasmBackend;
    expect(engine.threads).toBe(threads);
    engine.stopThreads();
  });
});
