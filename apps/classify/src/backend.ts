// Each import registers a TensorFlow.js backend, and the recurrent kernels for it.
import '@tensorflow/tfjs-backend-cpu';
import '@sluice/backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@sluice/backend-wasm';
import { selectBackend } from '@sluice/layers';
import { enableProdMode, engine } from '@tensorflow/tfjs-core';
import { InputError, messageOf } from './failure.js';
import { addWebGPU, mayHaveGPU } from './webgpu.js';

/**
 * Makes a TensorFlow.js backend current.
 *
 * @param name null for the best one there is.
 * @returns the name of the backend that is current now.
 * @throws InputError with the reason when it cannot be used.
 */
export async function useBackend(name: string | null): Promise<string> {
  // Keeps TensorFlow.js from advertising its native package on standard error.
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
