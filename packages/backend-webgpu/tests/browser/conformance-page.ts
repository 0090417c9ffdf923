import { runTests, testBackend } from '@sluice/conformance/browser';
import { createWebgpuBackend, requestDevice } from '../../src/engine.js';
import { asGpu } from '../as-gpu.js';

async function run() {
  const limits = new URLSearchParams(location.search).get('limits') as 'adapter' | 'default';
  // In Node they are the kernels for software adapters.
  const device = asGpu(await requestDevice({ limits }));
  return runTests(() =>
    testBackend({ name: 'webgpu', create: () => createWebgpuBackend({ device }), tolerances: 'webgpu' }),
  );
}

Object.assign(globalThis, { result: run() });
