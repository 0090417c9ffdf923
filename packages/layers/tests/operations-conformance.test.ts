import { testBackend } from '@sluice/conformance';
import { test } from 'vitest';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { createOperationsBackend } from './operations-backend.js';

// A time step is dozens of operations: all cases would take ten minutes, those of the quick tier take one.
if (testTier() === 'full') {
  testBackend({
    name: 'the operations of TensorFlow.js',
    create: createOperationsBackend,
    tier: 'quick',
    seed: testSeed(),
    randomCells: 20,
  });
} else {
  test.skip('the conformance suite on the operations of TensorFlow.js takes a minute: it runs in the full tier', () => {});
}
