import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { engine, findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { requireSimd } from '../engine/features.js';
import { attach } from './attach.js';

/** What TensorFlow.js registers its wasm backend with. */
const PRIORITY = 2;

/**
 * Makes TensorFlow.js wait for our kernels when it starts its wasm backend, so that they are there once `setBackend` or
 * `ready` has finished, and so that what is wrong is said then. A backend that runs already gets them as soon as they
 * are loaded.
 *
 * @returns resolves when a backend that runs already has the kernels; at once when none does.
 */
export function start(): Promise<void> {
  // Not findBackend: it would start the backend.
  const running = engine().registry.wasm as BackendWasm | undefined;
  if (running) return attach(running);
  const factory = findBackendFactory('wasm');
  removeBackend('wasm');
  registerBackend(
    'wasm',
    async () => {
      // TensorFlow.js's own error does not say how to fix it.
      requireSimd();
      const backend = (await factory()) as BackendWasm;
      await attach(backend);
      return backend;
    },
    PRIORITY,
  );
  return Promise.resolve();
}
