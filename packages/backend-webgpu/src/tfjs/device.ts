import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine, env, findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { requestAdapter, requestDeviceOf } from '../engine/device.js';

/** The priority with which TensorFlow.js registers its backend. */
const PRIORITY = 3;

/**
 * Makes TensorFlow.js's webgpu backend start with a device of ours, because its own lacks features and limits that our
 * kernels use. If the adapter refuses that device, TensorFlow.js requests its own. A backend that is running or starting
 * keeps its device. Without WebGPU, nothing is registered.
 */
export function registerDeviceFactory(): void {
  const original = findBackendFactory('webgpu');
  const { registry, backendName } = engine();
  if (!original || 'webgpu' in registry || backendName === 'webgpu') return;
  removeBackend('webgpu');
  const start = async () => {
    const adapter = await requestAdapter(
      env().get('WEBGPU_USE_LOW_POWER_GPU') ? 'low-power' : 'high-performance',
    );
    const device = await requestDeviceOf(adapter, 'adapter').catch(() => null);
    return device ? new WebGPUBackend(device, adapter.info) : original();
  };
  registerBackend('webgpu', start, PRIORITY);
}
