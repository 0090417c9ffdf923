import type * as tfjs from '@tensorflow/tfjs-core';
import { type BackendName, backendNamed } from '../backends.js';
import { watchDevice } from '../lanes/device-loss.js';

/** tfjs-core, once a backend is loaded and chosen. */
export type Tfjs = typeof tfjs;

/**
 * Loads TensorFlow.js with one backend, and with Sluice's kernels for it when asked.
 * @throws Error when the backend does not start.
 */
export async function startTfjs(backend: BackendName, withKernels: boolean): Promise<Tfjs> {
  const tf = await import('@tensorflow/tfjs-core');
  // Only silences advice on the console, such as to install the native package.
  tf.enableProdMode();
  const { tfjsName, load, kernels } = backendNamed(backend);
  await load();
  if (withKernels) await kernels.load();
  await tf.setBackend(tfjsName);
  await tf.ready();
  if (tf.getBackend() !== tfjsName) {
    throw new Error(`TensorFlow.js's backend ${tfjsName} did not start; ${tf.getBackend()} did instead.`);
  }
  if (tfjsName === 'webgpu') watchDevice((tf.backend() as unknown as { device: GPUDevice }).device);
  return tf;
}

/** How many kernels a call makes TensorFlow.js run, and the call's result. */
export async function countKernels<T extends tfjs.TensorContainer>(
  tf: Tfjs,
  call: () => Promise<T>,
): Promise<{ kernels: number; result: T }> {
  const profile = await tf.profile(call as () => Promise<tfjs.TensorContainer>);
  return { kernels: profile.kernels.length, result: profile.result as T };
}

/** The numbers of each tensor, which is disposed. */
export async function take(tensors: readonly tfjs.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  for (const tensor of tensors) tensor.dispose();
  return values;
}
