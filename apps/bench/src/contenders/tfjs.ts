import type * as tfjs from '@tensorflow/tfjs-core';
import type { Optimizer, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type BackendName, backendNamed } from '../backends.js';
import { watchDevice } from '../workers/device-loss.js';
import {
  CHECKED_BATCHES,
  type ClassifierProblem,
  type TokenBatch,
  VOCABULARY,
} from '../workloads/classifier.js';
import type { LayerProblem } from '../workloads/layer.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';
import { profileKernels } from './kernel-profile.js';
import type { DeviceLayer } from './layer-task.js';

/** tfjs-core, once a backend is loaded and chosen. */
export type Tfjs = typeof tfjs;

/**
 * Loads TensorFlow.js with one backend, and with Sluice's kernels for it when `withKernels` is set.
 *
 * @throws Error when the backend does not start.
 */
export async function startTfjs(backend: BackendName, withKernels: boolean): Promise<Tfjs> {
  const tf = await import('@tensorflow/tfjs-core');
  // Only silences advice on the console, such as to install the native package.
  tf.enableProdMode();
  const { tfjsName, load, kernels } = backendNamed(backend);
  await load();
  if (withKernels) await kernels.load();
  if (!tf.engine().backendNames().includes(tfjsName)) {
    throw new Error(`no TensorFlow.js backend ${tfjsName} is registered`);
  }
  await tf.setBackend(tfjsName);
  await tf.ready();
  if (tf.getBackend() !== tfjsName) {
    throw new Error(`TensorFlow.js's backend ${tfjsName} did not start; ${tf.getBackend()} did instead.`);
  }
  if (tfjsName === 'webgpu') watchDevice((tf.backend() as unknown as { device: GPUDevice }).device);
  return tf;
}

/** A layer as a function of tensors: `x` `[B, T, I]` and the weights give the sequence `[B, T, U]`. */
export type LayerFunction = (x: Tensor3D, weights: Tensor[]) => Tensor3D;

/** The parameters of a problem as tensors. */
export const weightTensors = (tf: Tfjs, { plan, parameters }: LayerProblem): Tensor[] =>
  parameters.map((values, i) => tf.tensor(values, [...plan.parameters[i].shape]));

/** A layer that runs on TensorFlow.js. */
export function tfjsLayer(
  tf: Tfjs,
  problem: LayerProblem,
  [batch, timesteps, inputSize]: Shape,
  weights: Tensor[],
  layer: LayerFunction,
): DeviceLayer<Tensor> {
  const x = tf.tensor3d(problem.x, [batch, timesteps, inputSize]);
  // The gradient of the inner product of the sequence and the cotangent, for `x` and every weight.
  const gradients = tf.grads((input, ...parameters) => layer(input as Tensor3D, parameters));
  return {
    upload: (values, shape) => tf.tensor(values, shape),
    download: async (tensor) => (await tensor.data<'float32'>()).slice(),
    // A device computes in order: after the last gradient, all are computed.
    wait: (tensor) => tensor.data(),
    release: (tensors) => tf.dispose([...tensors]),
    forward: () => [tf.tidy(() => layer(x, weights))],
    gradient: (cotangent) => gradients([x, ...weights], cotangent),
    async count(call) {
      const { kernels, result } = await tf.profile(async () => call());
      return { kernels: kernels.length, results: result as Tensor[] };
    },
  };
}

/** The classifier of a library of layers, with two recurrent layers. */
export function classifierOf<Layer, Model>(
  library: {
    embedding(args: { inputDim: number; outputDim: number; inputLength: number }): Layer;
    dense(args: { units: number; activation: 'sigmoid' }): Layer;
    sequential(args: { layers: Layer[] }): Model;
  },
  recurrent: (args: { units: number; returnSequences: boolean }) => Layer,
  [, timesteps, inputSize, units]: Shape,
): Model {
  return library.sequential({
    layers: [
      library.embedding({ inputDim: VOCABULARY, outputDim: inputSize, inputLength: timesteps }),
      recurrent({ units, returnSequences: true }),
      recurrent({ units, returnSequences: false }),
      library.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}

/** The workload `train` with the problem's weights, and an Adam at its defaults. Every call trains on. */
export function trainTask(
  tf: Tfjs,
  { weights, batch, checkBatch }: ClassifierProblem,
  [rows, timesteps]: Shape,
  model: LayersModel,
  optimizer: Optimizer,
): Prepared {
  const initial = weights.map(({ shape, values }) => tf.tensor(values, [...shape]));
  model.setWeights(initial);
  tf.dispose(initial);
  model.compile({ optimizer, loss: 'binaryCrossentropy' });
  const tensorsOf = ({ tokens, labels }: TokenBatch) =>
    [tf.tensor2d(tokens, [rows, timesteps], 'int32'), tf.tensor2d(labels, [rows, 1])] as const;
  const measured = tensorsOf(batch);
  const trainOn = async (tensors: readonly [Tensor, Tensor]) =>
    (await model.trainOnBatch(...tensors)) as number;
  return {
    async check(onFirst) {
      const checked = tensorsOf(checkBatch);
      const losses: number[] = [];
      // The first batch also makes the optimizer's variables, so the kernels of the second are counted.
      losses.push(await trainOn(checked));
      onFirst?.();
      const { kernels } = await tf.profile(async () => {
        losses.push(await trainOn(checked));
        return [];
      });
      while (losses.length < CHECKED_BATCHES) losses.push(await trainOn(checked));
      tf.dispose([...checked]);
      return { kernels: kernels.length, outputs: [Float32Array.from(losses)] };
    },
    run: () => trainOn(measured),
    profile: (seconds) => profileKernels(tf, model.optimizer, () => trainOn(measured), seconds),
  };
}
