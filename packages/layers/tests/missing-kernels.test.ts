import { cells } from '@sluice/core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { gru, recurrent } from '../src/index.js';

// Names for copies of TensorFlow.js's cpu backend. This file imports none of Sluice's backends.
const NAMES = ['wasm', 'webgpu', 'webgl', 'tensorflow', 'node'];
const warn = vi.spyOn(console, 'warn');
/** Sluice's warnings, without the advice that TensorFlow.js prints in Node. */
const warnings = () => warn.mock.calls.flat().filter((text) => String(text).includes('luice'));

beforeAll(() => {
  for (const name of NAMES) {
    tf.registerBackend(name, () => new MathBackendCPU());
    tf.copyRegisteredKernels('cpu', name);
  }
});
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterAll(() => warn.mockRestore());

test.each(['cpu', 'wasm', 'webgpu'])(
  "%s without Sluice's kernels: one warning that names the package",
  async (name) => {
    await tf.setBackend(name);
    const layer = gru({ units: 2 });
    for (let i = 0; i < 2; i++) layer.apply(tf.ones([1, 2, 3]));
    const cell = cells.minGru();
    const parameters = cell.parameters({ inputSize: 3, units: 2 }).map(({ shape }) => tf.ones([...shape]));
    recurrent(cell, tf.ones([1, 2, 3]), parameters);
    expect(warnings()).toEqual([expect.stringContaining(`Import @sluice/backend-${name}.`)]);
  },
);

test.each(['webgl', 'tensorflow', 'node'])(
  '%s, for which no package has kernels: no warning',
  async (name) => {
    await tf.setBackend(name);
    gru({ units: 2 }).apply(tf.ones([1, 2, 3]));
    expect(warnings()).toEqual([]);
  },
);
