import type { Optimizer, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { CHECKED_BATCHES, type ClassifierProblem, type TokenBatch } from '../workloads/classifier.js';
import { checkedCotangent, checkedPart, type LayerProblem } from '../workloads/layer.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';
import { profileKernels } from './kernel-profile.js';
import { countKernels, type Tfjs, take } from './tfjs.js';

/** A layer as a function of tensors: `x` `[B, T, I]` and the weights give the sequence `[B, T, U]`. */
export type LayerFunction = (x: Tensor3D, weights: Tensor[]) => Tensor3D;

/** The workload `forward` for whatever runs on TensorFlow.js. */
export function forwardTask(
  tf: Tfjs,
  problem: LayerProblem,
  [batch, timesteps, inputSize]: Shape,
  weights: Tensor[],
  layer: LayerFunction,
): Prepared {
  const x = tf.tensor3d(problem.x, [batch, timesteps, inputSize]);
  const sequence = () => tf.tidy(() => layer(x, weights));
  return {
    async check() {
      const { kernels, result } = await countKernels(tf, async () => sequence());
      return { kernels, outputs: await take([result]) };
    },
    async run() {
      const result = sequence();
      await result.data();
      result.dispose();
    },
  };
}

/** The workload `gradient`: of the inner product of the sequence and the cotangent, for `x` and every weight. */
export function gradientTask(
  tf: Tfjs,
  problem: LayerProblem,
  shape: Shape,
  weights: Tensor[],
  layer: LayerFunction,
): Prepared {
  const [batch, timesteps, inputSize, units] = shape;
  const x = tf.tensor3d(problem.x, [batch, timesteps, inputSize]);
  const tensorOf = (values: Float32Array) => tf.tensor3d(values, [batch, timesteps, units]);
  const gradients = tf.grads((input, ...parameters) => layer(input as Tensor3D, parameters));
  const cotangent = tensorOf(problem.cotangent);
  return {
    async check() {
      const part = checkedPart(problem.plan, 'gradient', shape);
      const checked = tensorOf(checkedCotangent(problem, part, shape));
      const { kernels, result } = await countKernels(tf, async () => gradients([x, ...weights], checked));
      checked.dispose();
      return { kernels, outputs: await take(result) };
    },
    async run() {
      const results = gradients([x, ...weights], cotangent);
      // A device computes in order: when the last gradient is there, all are.
      await results[results.length - 1].data();
      for (const result of results) result.dispose();
    },
  };
}

/** The workload `train` with a model whose weights are the problem's, and an Adam at its defaults. Every call trains on. */
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
  const lossOf = async (tensors: readonly [Tensor, Tensor]) =>
    (await model.trainOnBatch(...tensors)) as number;
  return {
    async check(onFirst) {
      const checked = tensorsOf(checkBatch);
      const losses: number[] = [];
      // The first batch also makes the optimizer's variables, so the second one is counted.
      losses.push(await lossOf(checked));
      onFirst?.();
      const { kernels } = await countKernels(tf, async () => {
        losses.push(await lossOf(checked));
        return [];
      });
      while (losses.length < CHECKED_BATCHES) losses.push(await lossOf(checked));
      for (const tensor of checked) tensor.dispose();
      return { kernels, outputs: [Float32Array.from(losses)] };
    },
    run: () => lossOf(measured),
    profile: (seconds) => profileKernels(tf, model.optimizer, () => lossOf(measured), seconds),
  };
}
