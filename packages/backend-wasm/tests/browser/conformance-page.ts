import { type ConformanceReport, runTests, type Tier, testBackend } from '@sluice/conformance/browser';
import { createWasmBackend, type WasmBackendOptions } from '../../src/engine.js';
import { loadedKernels } from './loaded-kernels.js';

/** The options that the page's address names: what only an isolated page can have belongs to `shared`. */
const options: Record<string, () => WasmBackendOptions> = {
  own: () => ({}),
  shared: () => ({ memory: new WebAssembly.Memory({ initial: 1, maximum: 16_384, shared: true }) }),
};

async function run() {
  const given = new URLSearchParams(location.search);
  const memory = given.get('memory') ?? '';
  let conformance: ConformanceReport | undefined;
  const report = await runTests(() =>
    testBackend({
      name: 'wasm',
      create: () => createWasmBackend(options[memory]()),
      destroy: (backend) => backend.stopThreads(),
      tolerances: 'wasm',
      tier: given.get('tier') as Tier,
      onReport: (report) => {
        conformance = report;
      },
    }),
  );
  return { isolated: crossOriginIsolated, loaded: loadedKernels(), report, conformance };
}

Object.assign(globalThis, { result: run() });
