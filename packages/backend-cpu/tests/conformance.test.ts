import { testBackend } from '@sluice/conformance';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { createCpuBackend } from '../src/engine.js';

testBackend({ name: 'cpu', create: createCpuBackend, tier: testTier(), seed: testSeed() });
