import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

/** These files replace no module and no global, so that one process can load TensorFlow.js and the kernels for all. */
const sharing = [
  'tests/engine/*.test.ts',
  'tests/tfjs/{convolutional-models,convolutions,numbers,sluice-kernels}.test.ts',
];

export default defineConfig({
  test: {
    // Files that wait for Chromium and for workers take half of the time and little of the processors.
    maxWorkers: 2,
    projects: [
      { test: { ...shared.test, name: 'one process', include: sharing, isolate: false } },
      { test: { ...shared.test, name: 'own processes', exclude: sharing } },
    ],
  },
});
