import { testBackend } from '@sluice/conformance';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { createCpuBackend } from '../src/engine.js';

const tier = testTier();
testBackend({
  name: 'cpu',
  create: createCpuBackend,
  tier,
  seed: testSeed(),
  // The quick tier tests the other half of the cells on wasm in a page, with the same order of steps.
  cells: tier === 'quick' ? 'first half' : 'all',
});
