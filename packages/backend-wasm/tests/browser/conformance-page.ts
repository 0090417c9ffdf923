import { runTests, testBackend } from '@sluice/conformance/browser';
import { createWasmBackend, type WasmBackendOptions } from '../../src/engine.js';

/** The options that the page's address names: what only an isolated page can have belongs to `shared`. */
const options: Record<string, () => WasmBackendOptions> = {
  own: () => ({}),
  shared: () => ({ memory: new WebAssembly.Memory({ initial: 1, maximum: 16_384, shared: true }) }),
};

async function run() {
  const memory = new URLSearchParams(location.search).get('memory') ?? '';
  const report = await runTests(() =>
    testBackend({ name: 'wasm', create: () => createWasmBackend(options[memory]()), tolerances: 'wasm' }),
  );
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
  const kernels = loaded.filter((path) => path.endsWith('.wasm')).map((path) => path.replace('/dist/', ''));
  return { isolated: crossOriginIsolated, kernels, report };
}

Object.assign(globalThis, { result: run() });
