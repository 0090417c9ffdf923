import { testBackend } from '@sluice/conformance';
import { createWasmBackend } from '../src/engine.js';

/** A backend in whose memory numbers have been: what it does not set to 0 itself is NaN. */
async function createUsedBackend() {
  const backend = await createWasmBackend();
  const numbers = Array.from({ length: 16 }, () =>
    backend.upload(new Float32Array(1_000_000).fill(Number.NaN)),
  );
  for (const buffer of numbers) backend.release(buffer);
  return backend;
}

testBackend({ name: 'wasm', create: createUsedBackend, tolerances: 'wasm' });
