import {
  type CellShare,
  type ConformanceReport,
  runTests,
  type Tier,
  testBackend,
} from '@sluice/conformance/browser';
import { createWasmBackend, type WasmBackendOptions } from '../../src/engine.js';
import { loadedKernels } from './loaded-kernels.js';

/** The options, by the name in the page's address. Only an isolated page can create a shared memory. */
const options: Record<string, () => WasmBackendOptions> = {
  own: () => ({}),
  shared: () => ({ memory: new WebAssembly.Memory({ initial: 1, maximum: 16_384, shared: true }) }),
};

async function run() {
  const query = new URLSearchParams(location.search);
  const memory = query.get('memory') ?? '';
  let conformance: ConformanceReport | undefined;
  const report = await runTests(() =>
    testBackend({
      name: 'wasm',
      create: () => createWasmBackend(options[memory]()),
      destroy: (backend) => backend.stopThreads(),
      tolerances: 'wasm',
      tier: query.get('tier') as Tier,
      cells: query.get('cells') as CellShare,
      onReport: (report) => {
        conformance = report;
      },
    }),
  );
  return { isolated: crossOriginIsolated, loaded: loadedKernels(), report, conformance };
}

Object.assign(globalThis, { result: run() });
