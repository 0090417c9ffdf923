import { testBackend } from '@sluice/conformance';
import { createWebgpuBackend } from '../src/engine.js';
import { softwareDevice } from './software-device.js';

testBackend({
  name: 'webgpu, the limits and features of the adapter',
  create: async () => createWebgpuBackend({ device: await softwareDevice('adapter') }),
  tolerances: 'webgpu',
});
