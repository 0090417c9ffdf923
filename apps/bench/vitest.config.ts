import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

/** One replaces a module, one needs TensorFlow.js's own kernels of the wasm backend. */
const ALONE = ['tests/backends.test.ts', 'tests/segment-sum.test.ts'];

export default defineConfig({
  test: {
    // Files that wait for Chromium and for the command take most of the time, and half of a processor.
    maxWorkers: 2,
    projects: [
      { test: { ...shared.test, name: 'sharing', isolate: false, restoreMocks: true, exclude: ALONE } },
      { test: { ...shared.test, name: 'alone', include: ALONE } },
    ],
  },
});
