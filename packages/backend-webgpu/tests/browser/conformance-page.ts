import { runTests, testBackend } from '@sluice/conformance/browser';
import { createWebgpuBackend, requestDevice } from '../../src/engine.js';
import { asGpu } from '../as-gpu.js';

async function run() {
  const device = asGpu(await requestDevice({ limits: 'default' }));
  return runTests(() =>
    testBackend({
      name: 'webgpu',
      create: () => createWebgpuBackend({ device }),
      destroy: (backend) => backend.dispose(),
      tolerances: 'webgpu',
    }),
  );
}

Object.assign(globalThis, { result: run() });
