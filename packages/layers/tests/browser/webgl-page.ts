import { runTests } from '@sluice/conformance/browser';
import { testLayers } from '@sluice/layers/testing';
import '@tensorflow/tfjs-backend-webgl';

Object.assign(globalThis, {
  // webgpu's tolerances: under webgl, too, a GPU's exp and tanh have fewer digits than float32 arithmetic.
  result: runTests(() => testLayers({ backend: 'webgl', path: 'operations', tolerances: 'webgpu' })),
});
