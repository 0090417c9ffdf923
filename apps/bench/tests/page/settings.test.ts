import { describe, expect, test } from 'vitest';
import { type BackendName, backendNamed } from '../../src/backends.js';
import {
  defaultSettings,
  parseShapes,
  queryOf,
  type Settings,
  seriesFor,
  settingsFrom,
} from '../../src/page/settings.js';
import type { Machine } from '../../src/run/results.js';

const machine: Machine = {
  runtime: 'Chromium 142',
  system: 'Linux',
  threads: 8,
  sharedMemory: true,
  simd: true,
  relaxedSimd: true,
  webgpu: { adapter: 'a GPU', software: false },
  libraries: {},
};
const missing = (backend: BackendName, on: Machine) => backendNamed(backend).missingOn(on);

const plain: Machine = { ...machine, sharedMemory: false, webgpu: { missing: 'there is no adapter' } };
const old: Machine = { ...plain, simd: false, relaxedSimd: false };

describe('a missing feature of the machine', () => {
  test('is a reason against its backends', () => {
    const backends = ['cpu', 'wasm', 'wasm-4', 'webgpu'] as const;
    expect(backends.map((backend) => missing(backend, machine))).toEqual(Array(4).fill(undefined));
    expect(backends.map((backend) => missing(backend, plain))).toEqual([
      undefined,
      undefined,
      expect.stringMatching(/cross-origin isolated/),
      'there is no adapter',
    ]);
    expect(missing('wasm', old)).toMatch(/no WebAssembly SIMD/);
  });

  test('excludes its backends from the defaults', () => {
    expect(defaultSettings(machine).backends).toEqual(['wasm', 'wasm-4', 'webgpu']);
    expect(defaultSettings({ ...machine, threads: 1 }).backends).toEqual(['wasm', 'webgpu']);
    const software = { ...machine, webgpu: { adapter: 'SwiftShader', software: true } };
    expect(defaultSettings(software).backends).toEqual(['wasm', 'wasm-4']);
    expect(defaultSettings(plain).backends).toEqual(['wasm']);
    expect(defaultSettings(old).backends).toEqual(['cpu']);
  });
});

describe('series', () => {
  const shapesOf = (shapes: Settings['shapes']) =>
    seriesFor({ ...defaultSettings(machine), shapes }).map(({ workload, shape }) =>
      [workload, ...shape].join(),
    );

  test('have one shape of each workload, several, or the given ones', () => {
    expect(shapesOf('typical')).toEqual(['step,1,1,128,128', 'forward,64,50,128,128', 'train,64,50,128,128']);
    expect(shapesOf('several').filter((text) => text.startsWith('forward')).length).toBe(4);
    expect(shapesOf([[2, 3, 4, 5]])).toEqual(['step,2,1,4,5', 'forward,2,3,4,5', 'train,2,3,4,5']);
  });
});

describe('a link', () => {
  test('carries all settings', () => {
    const settings: Settings = {
      workloads: ['gradient', 'step'],
      cells: ['lstm', 'sru'],
      shapes: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      backends: ['cpu', 'wasm-3'],
      contenders: ['sluice', 'onnxruntime-web'],
    };
    const found = settingsFrom(new URLSearchParams(queryOf(settings)), defaultSettings(machine));
    expect(found).toEqual({ settings, unknown: [] });
    const typical: Settings = { ...settings, shapes: 'typical' };
    expect(settingsFrom(new URLSearchParams(queryOf(typical)), settings)).toEqual({
      settings: typical,
      unknown: [],
    });
  });

  test('leaves missing settings unchanged and returns unknown names', () => {
    const defaults = defaultSettings(machine);
    expect(settingsFrom(new URLSearchParams(''), defaults)).toEqual({ settings: defaults, unknown: [] });
    const { settings, unknown } = settingsFrom(
      new URLSearchParams('cells=gur,lstm&backends=gpu&shapes=1,2,3;4,5,6,7'),
      defaults,
    );
    expect(settings).toEqual({ ...defaults, cells: ['lstm'], shapes: [[4, 5, 6, 7]] });
    expect(unknown).toEqual(['gur', 'gpu', '1,2,3']);
  });
});

test('shapes may have commas, spaces, semicolons and lines', () => {
  expect(parseShapes(' 1, 2,3 4\n5,6,7,8; 9 10 11 12\n\n')).toEqual({
    shapes: [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ],
    unknown: [],
  });
  expect(parseShapes('1,2,3,0\n1,2,3,4.5\nmany')).toEqual({
    shapes: [],
    unknown: ['1,2,3,0', '1,2,3,4.5', 'many'],
  });
});
