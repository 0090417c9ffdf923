import '@tensorflow/tfjs-backend-cpu';
import { tolerances } from '@sluice/conformance';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { testLayers } from '../src/testing/index.js';
import type { Subject } from '../src/testing/subject.js';
import { masksSuite } from '../src/testing/suites/masks.js';
import { directionsSuite, ownCellSuite } from '../src/testing/suites/sequences.js';
import { savingSuite } from '../src/testing/suites/weights.js';

// This file imports no package that registers Sluice's kernels.
if (testTier() === 'full') {
  testLayers({ backend: 'cpu', path: 'operations' });
} else {
  console.log("left out unless SLUICE_TESTS is 'full': most suites of layers without kernels");
  beforeAll(() => setBackend('cpu'));
  const subject: Subject = { path: 'operations', tolerances: tolerances.cpu };
  for (const suite of [masksSuite, directionsSuite, ownCellSuite, savingSuite]) suite(subject);
}
