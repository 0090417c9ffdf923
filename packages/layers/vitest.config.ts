import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

/** They need a TensorFlow.js in which no kernels of Sluice are registered, or start a browser. */
const ALONE = [
  'tests/missing-kernels.test.ts',
  'tests/suite-operations.test.ts',
  'tests/browser/**/*.test.ts',
];

// To import TensorFlow.js takes longer than most files' tests: all others share one import in each process. What a file
// has replaced is put back before the next one.
const SHARING = { isolate: false, restoreMocks: true, unstubGlobals: true };

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared.test, name: 'sharing', ...SHARING, exclude: ALONE } },
      { test: { ...shared.test, name: 'alone', include: ALONE } },
    ],
  },
});
