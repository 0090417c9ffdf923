import { testBackend } from '@sluice/conformance';
import { createWebgpuBackend } from '../src/engine.js';
import { softwareDevice } from './software-device.js';

testBackend({
  name: 'webgpu, default limits',
  create: async () => createWebgpuBackend({ device: await softwareDevice('default') }),
  tolerances: 'webgpu',
});
