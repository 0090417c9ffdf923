import { runTests, testBackend } from '@sluice/conformance/browser';
import { createWebgpuBackend, requestDevice } from '../../src/engine.js';

async function run() {
  const limits = new URLSearchParams(location.search).get('limits') as 'adapter' | 'default';
  const device = await requestDevice({ limits });
  return runTests(() =>
    testBackend({ name: 'webgpu', create: () => createWebgpuBackend({ device }), tolerances: 'webgpu' }),
  );
}

Object.assign(globalThis, { result: run() });
