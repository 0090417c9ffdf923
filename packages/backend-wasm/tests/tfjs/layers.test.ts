import { testLayers } from '@sluice/layers/testing';
import '../../src/index.js';

testLayers({ backend: 'wasm', path: 'kernels', tolerances: 'wasm' });
