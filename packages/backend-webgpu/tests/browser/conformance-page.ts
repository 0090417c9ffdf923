import { type ConformanceReport, runTests, type Tier, testBackend } from '@sluice/conformance/browser';
import { createWebgpuBackend, requestDevice } from '../../src/engine.js';
import { asGpu } from '../as-gpu.js';
import { selectionOf } from './selection.js';

const tier = new URLSearchParams(location.search).get('tier') as Tier;

async function run() {
  const device = asGpu(await requestDevice({ limits: 'default' }));
  let conformance: ConformanceReport | undefined;
  const report = await runTests(() =>
    testBackend({
      name: 'webgpu',
      create: () => createWebgpuBackend({ device }),
      destroy: (backend) => backend.dispose(),
      tolerances: 'webgpu',
      tier,
      ...selectionOf(tier),
      onReport: (report) => {
        conformance = report;
      },
    }),
  );
  return { report, conformance };
}

Object.assign(globalThis, { result: run() });
