import type * as tfjs from '@tensorflow/tfjs-core';
import type { Optimizer, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type BackendName, backendNamed } from '../backends.js';
import { watchDevice } from '../workers/device-loss.js';
import { CHECKED_BATCHES, type ClassifierProblem, type TokenBatch } from '../workloads/classifier.js';
import { checkedCotangent, checkedPart, type LayerProblem } from '../workloads/layer.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';
import { profileKernels } from './kernel-profile.js';

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

/** The workload `forward` or `gradient` of a layer that runs on TensorFlow.js. */
export function layerTask(
  tf: Tfjs,
  workload: 'forward' | 'gradient',
  problem: LayerProblem,
  shape: Shape,
  weights: Tensor[],
  layer: LayerFunction,
): Prepared {
  const [batch, timesteps, inputSize, units] = shape;
  const x = tf.tensor3d(problem.x, [batch, timesteps, inputSize]);
  if (workload === 'forward') {
    const sequence = () => tf.tidy(() => layer(x, weights));
    return {
      async check() {
        const { kernels, result } = await countKernels(tf, async () => sequence());
        return { kernels, outputs: await downloadAndDispose([result]) };
      },
      async run() {
        const result = sequence();
        await result.data();
        result.dispose();
      },
    };
  }
  // The gradient of the inner product of the sequence and the cotangent, for `x` and every weight.
  const sequenceShape: [number, number, number] = [batch, timesteps, units];
  const gradients = tf.grads((input, ...parameters) => layer(input as Tensor3D, parameters));
  const cotangent = tf.tensor3d(problem.cotangent, sequenceShape);
  return {
    async check() {
      const part = checkedPart(problem.plan, 'gradient', shape);
      const checked = tf.tensor3d(checkedCotangent(problem, part, shape), sequenceShape);
      const { kernels, result } = await countKernels(tf, async () => gradients([x, ...weights], checked));
      checked.dispose();
      return { kernels, outputs: await downloadAndDispose(result) };
    },
    async run() {
      const results = gradients([x, ...weights], cotangent);
      // A device computes in order: after the last gradient, all are computed.
      await results[results.length - 1].data();
      for (const result of results) result.dispose();
    },
  };
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
  for (const tensor of initial) tensor.dispose();
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
      const { kernels } = await countKernels(tf, async () => {
        losses.push(await trainOn(checked));
        return [];
      });
      while (losses.length < CHECKED_BATCHES) losses.push(await trainOn(checked));
      for (const tensor of checked) tensor.dispose();
      return { kernels, outputs: [Float32Array.from(losses)] };
    },
    run: () => trainOn(measured),
    profile: (seconds) => profileKernels(tf, model.optimizer, () => trainOn(measured), seconds),
  };
}

/** The number of kernels that TensorFlow.js runs in a call, and the call's result. */
async function countKernels<T extends tfjs.TensorContainer>(
  tf: Tfjs,
  call: () => Promise<T>,
): Promise<{ kernels: number; result: T }> {
  const profile = await tf.profile(call as () => Promise<tfjs.TensorContainer>);
  return { kernels: profile.kernels.length, result: profile.result as T };
}

async function downloadAndDispose(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  for (const tensor of tensors) tensor.dispose();
  return values;
}
