import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

/** Tests that need TensorFlow.js without kernels of Sluice, or a browser. */
const ALONE = [
  'tests/missing-kernels.test.ts',
  'tests/suite-operations.test.ts',
  'tests/browser/**/*.test.ts',
];

// Importing TensorFlow.js takes longer than the tests of most files, so the files of a process share one import. Mocks and
// stubs are removed after each file.
const SHARING = { isolate: false, restoreMocks: true, unstubGlobals: true };

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared.test, name: 'sharing', ...SHARING, exclude: ALONE } },
      { test: { ...shared.test, name: 'alone', include: ALONE } },
    ],
  },
});
