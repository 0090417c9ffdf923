import { testLayers } from '@sluice/layers/testing';
import { test } from 'vitest';
import { testTier } from '../../../../scripts/tier.mjs';
import '../../src/index.js';

// The quick tier runs this suite on cpu, and tests the kernels of wasm by themselves.
if (testTier() === 'full') testLayers({ backend: 'wasm', path: 'kernels', tolerances: 'wasm' });
else test.skip("left out unless SLUICE_TESTS is 'full'", () => {});
