import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine, env, findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { deviceOf, requestAdapter } from '../engine/device.js';

/** As TensorFlow.js registers it. */
const PRIORITY = 3;

/**
 * Has TensorFlow.js's webgpu backend compute on a device of ours when it is started: its own lacks features and limits that our
 * kernels use. Where an adapter refuses that device, TensorFlow.js asks for its own. A backend that runs already, or is starting,
 * keeps its device; where there is no WebGPU nothing is registered.
 */
export function registerOwnDevice(): void {
  const original = findBackendFactory('webgpu');
  const { registry, backendName } = engine();
  if (!original || 'webgpu' in registry || backendName === 'webgpu') return;
  removeBackend('webgpu');
  const start = async () => {
    const adapter = await requestAdapter(
      env().get('WEBGPU_USE_LOW_POWER_GPU') ? 'low-power' : 'high-performance',
    );
    const device = await deviceOf(adapter, 'adapter').catch(() => null);
    return device ? new WebGPUBackend(device, adapter.info) : original();
  };
  registerBackend('webgpu', start, PRIORITY);
}
