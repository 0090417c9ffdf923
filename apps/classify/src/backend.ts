import '@tensorflow/tfjs-backend-cpu';
import '@sluice/backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@sluice/backend-wasm';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import { selectBackend } from '@sluice/layers';
import { enableProdMode, engine } from '@tensorflow/tfjs-core';
import { InputError, messageOf } from './failure.js';

// Each import registers a TensorFlow.js backend, and the recurrent kernels for it.

/**
 * Makes a TensorFlow.js backend current.
 *
 * @param name null for the best available one.
 * @param module a file, or the name of an installed package, that registers a backend.
 * @returns the name of the backend.
 * @throws InputError with the reason when the backend cannot be used.
 */
export async function useBackend(name: string | null, module?: string): Promise<string> {
  if (module !== undefined) await importModule(module);
  // Silences advice of TensorFlow.js on standard error, such as to install its native package.
  enableProdMode();
  if (name === 'webgpu' || (name === null && mayHaveGPU())) await addWebGPU(name !== null);
  const available = engine().backendNames();
  if (name !== null && !available.includes(name)) {
    const hint = module === undefined ? ' --import MODULE adds the backend of a module.' : '';
    throw new InputError(`There is no backend "${name}" here. There are ${available.join(', ')}.${hint}`);
  }
  try {
    const { backend } = await selectBackend(name === null ? {} : { candidates: [name] });
    return backend;
  } catch (error) {
    throw new InputError(messageOf(error));
  }
}

/** Imports a file, or a package that is installed in the current folder. */
async function importModule(module: string): Promise<void> {
  try {
    const file = resolve(module);
    const path = existsSync(file) ? file : createRequire(resolve('package.json')).resolve(module);
    await import(pathToFileURL(path).href);
  } catch (error) {
    throw new InputError(`--import ${module}: ${messageOf(error)}`);
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
