import { runTests } from '@sluice/conformance/browser';
import { testLayers } from '@sluice/layers/testing';
import '@tensorflow/tfjs-backend-webgl';

// webgpu's tolerances: on webgl too, exp and tanh of a GPU have fewer exact digits than float32 arithmetic.
const declare = () => testLayers({ backend: 'webgl', path: 'operations', tolerances: 'webgpu' });

Object.assign(globalThis, { result: runTests(declare) });
