import { runTests } from '@sluice/conformance/browser';
import { testLayers } from '@sluice/layers/testing';
import '@sluice/backend-webgpu';

Object.assign(globalThis, {
  result: runTests(() => testLayers({ backend: 'webgpu', path: 'kernels', tolerances: 'webgpu' })),
});
