import { testBackend } from '@sluice/conformance';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { GrowingHeap } from '../src/engine/heap.js';
import { createWasmBackend } from '../src/engine.js';

/** A backend whose free memory holds NaN, so that a read of memory that it did not write shows. */
async function createUsedBackend() {
  const backend = await createWasmBackend();
  const buffers = Array.from({ length: 16 }, () =>
    backend.upload(new Float32Array(1_000_000).fill(Number.NaN)),
  );
  for (const buffer of buffers) backend.release(buffer);
  return backend;
}

/** The number of allocated pieces of all heaps. */
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
  seed: testSeed(),
  // The quick tier tests the second half in a page, with the same kernels.
  cells: testTier() === 'quick' ? 'first half' : 'all',
  ...(testTier() === 'quick' && { randomCells: 30 }),
});
