import { existsSync } from 'node:fs';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import { InputError, messageOf } from './failure.js';

/** Where Linux has the GPUs that programs can use. */
const LINUX_GPUS = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** Whether it is worth looking for a GPU: without one, starting WebGPU only makes drivers complain on standard error. */
export const mayHaveGPU = (): boolean => process.platform !== 'linux' || LINUX_GPUS.some(existsSync);

/**
 * Registers TensorFlow.js's webgpu backend and Sluice's kernels for it, where the package `webgpu` is installed.
 *
 * @param required whether to say so where it is not.
 * @throws InputError with what to do, if required.
 */
export async function addWebGPU(required: boolean): Promise<void> {
  try {
    await setUpWebGPU();
    await import('@sluice/backend-webgpu');
  } catch (error) {
    if (required) throw new InputError(messageOf(error));
  }
}
