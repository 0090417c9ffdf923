import '@tensorflow/tfjs-backend-cpu';
import '@sluice/backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@sluice/backend-wasm';
import { existsSync } from 'node:fs';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import { selectBackend } from '@sluice/layers';
import { enableProdMode, engine } from '@tensorflow/tfjs-core';
import { InputError, messageOf } from './failure.js';

// Each import registers a TensorFlow.js backend, and the recurrent kernels for it.

/**
 * Makes a TensorFlow.js backend current.
 *
 * @param name null for the best available one.
 * @returns the name of the backend.
 * @throws InputError with the reason when the backend cannot be used.
 */
export async function useBackend(name: string | null): Promise<string> {
  // Silences advice of TensorFlow.js on standard error, such as to install its native package.
  enableProdMode();
  if (name === 'webgpu' || (name === null && mayHaveGPU())) await addWebGPU(name !== null);
  const available = engine().backendNames();
  if (name !== null && !available.includes(name)) {
    throw new InputError(`There is no backend "${name}" here. There are ${available.join(', ')}.`);
  }
  try {
    const { backend } = await selectBackend(name === null ? {} : { candidates: [name] });
    return backend;
  } catch (error) {
    throw new InputError(messageOf(error));
  }
}

/** The paths of GPUs on Linux. */
const LINUX_GPUS = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** Whether there may be a GPU. Without one, WebGPU must not start: its drivers would complain on standard error. */
export const mayHaveGPU = (): boolean => process.platform !== 'linux' || LINUX_GPUS.some(existsSync);

/**
 * Registers TensorFlow.js's webgpu backend and Sluice's kernels for it, if the package `webgpu` is installed.
 *
 * @param required whether its absence is an error.
 * @throws InputError with advice, if required.
 */
export async function addWebGPU(required: boolean): Promise<void> {
  try {
    await setUpWebGPU();
    await import('@sluice/backend-webgpu');
  } catch (error) {
    if (required) throw new InputError(messageOf(error));
  }
}
