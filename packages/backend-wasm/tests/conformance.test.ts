import { testBackend } from '@sluice/conformance';
import { testTier } from '../../../scripts/tier.mjs';
import { GrowingHeap } from '../src/engine/heap.js';
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

/** Pieces of all heaps that are given out. */
let livePieces = 0;
const { allocate, release } = GrowingHeap.prototype;
GrowingHeap.prototype.allocate = function (bytes) {
  livePieces += 1;
  return allocate.call(this, bytes);
};
GrowingHeap.prototype.release = function (address) {
  release.call(this, address);
  livePieces -= 1;
};

testBackend({
  name: 'wasm',
  create: createUsedBackend,
  destroy: (backend) => backend.stopThreads(),
  tolerances: 'wasm',
  liveBuffers: () => livePieces,
  tier: testTier(),
});
