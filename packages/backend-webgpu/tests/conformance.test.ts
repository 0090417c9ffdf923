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
  // A software adapter compiles for most of the time; cpu and wasm run more in the quick tier.
  cells: testTier() === 'quick' ? 'first quarter' : 'all',
  randomCells: testTier() === 'quick' ? 8 : 50,
});
