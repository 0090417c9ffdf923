import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.js';

/** It replaces a module of Node. */
const ALONE = ['tests/lock.test.ts'];

// Importing TensorFlow.js takes longer than the tests of most files, so the files of a process share one import.
export default defineConfig({
  test: {
    projects: [
      { test: { ...shared.test, name: 'sharing', isolate: false, exclude: ALONE } },
      { test: { ...shared.test, name: 'alone', include: ALONE } },
    ],
  },
});
