import { testBackend } from '@sluice/conformance';
import { testTier } from '../../../scripts/tier.mjs';
import { createCpuBackend } from '../src/engine.js';

testBackend({ name: 'cpu', create: createCpuBackend, tier: testTier() });
