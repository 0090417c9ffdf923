import { testLayers } from '@sluice/layers/testing';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

testLayers({
  backend: 'webgpu',
  path: 'kernels',
  tolerances: 'webgpu',
  setUp: async () => {
    await setUpWebGPU({ flags: SOFTWARE_FLAGS });
    await import('../src/index.js');
  },
});
