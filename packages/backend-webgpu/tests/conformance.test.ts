import { testBackend } from '@sluice/conformance';
import { testSeed, testTier } from '../../../scripts/tier.mjs';
import { createWebgpuBackend } from '../src/engine.js';
import { countBuffers } from './count-buffers.js';
import { softwareDevice } from './software-device.js';

const counts = new WeakMap<GPUDevice, { readonly alive: number }>();

testBackend({
  name: 'webgpu, the limits and features of the adapter',
  create: async () => {
    const device = await softwareDevice('adapter');
    counts.set(device, countBuffers(device));
    return createWebgpuBackend({ device });
  },
  destroy: (backend) => {
    backend.dispose();
    backend.device.destroy();
  },
  tolerances: 'webgpu',
  liveBuffers: ({ device }) => counts.get(device)?.alive ?? Number.NaN,
  tier: testTier(),
  seed: testSeed(),
  cells: testTier() === 'quick' ? 'first half' : 'all',
  // Each takes a software adapter about a second; cpu and wasm run all.
  randomCells: testTier() === 'quick' ? 8 : 50,
});
