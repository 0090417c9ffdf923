import { type Optimizer, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { InputError } from '../failure.js';
import type { NamedArray } from '../storage/checkpoint-file.js';

/** A tensor's values, copied to JavaScript's memory. */
export async function toArray(name: string, source: Tensor): Promise<NamedArray> {
  const data = await source.data();
  // A copy, since some backends return the tensor's own memory.
  const values = source.dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return { name, shape: [...source.shape], values };
}

/** The model's weights in its own order, copied to JavaScript's memory. */
export function modelWeights(model: LayersModel): Promise<NamedArray[]> {
  const weights = model.getWeights();
  return Promise.all(weights.map((weight, index) => toArray(model.weights[index].originalName, weight)));
}

/** The first array with a NaN or an infinite value. */
export function firstNotFinite(arrays: readonly NamedArray[]): NamedArray | undefined {
  return arrays.find(({ values }) => !allFinite(values));
}

/** Whether all values are finite. */
export function allFinite(values: Float32Array | Int32Array): boolean {
  for (let index = 0; index < values.length; index++) if (!Number.isFinite(values[index])) return false;
  return true;
}

/**
 * Sets the weights of the model.
 *
 * @param source the file of the weights, for messages.
 * @throws InputError when their shapes are those of another model.
 */
export function restoreWeights(model: LayersModel, weights: readonly NamedArray[], source: string): void {
  const expected = model.weights.map(({ shape }) => `[${shape}]`).join(' ');
  const found = weights.map(({ shape }) => `[${shape}]`).join(' ');
  if (expected !== found) {
    throw new InputError(
      `${source}: its weights have the shapes ${found}, the model needs ${expected}. Train in another folder.`,
    );
  }
  const tensors = weights.map(({ values, shape }) => tensor(values, shape));
  model.setWeights(tensors);
  for (const tensor of tensors) tensor.dispose();
}

/** The optimizer's step count and moments, copied to JavaScript's memory. */
export async function optimizerState(optimizer: Optimizer): Promise<NamedArray[]> {
  const weights = await optimizer.getWeights();
  const state = await Promise.all(weights.map(({ name, tensor }) => toArray(name, tensor)));
  // The first tensor, the step count, was created by this call; the others belong to the optimizer.
  weights[0].tensor.dispose();
  return state;
}

/**
 * Replaces the state of the optimizer.
 *
 * `runTraining` does this after every epoch, not only after a resume: the optimizer then computes the powers of its decay
 * rates from the step count, and these differ in the last bit from the products that it updates batch by batch.
 */
export async function restoreOptimizer(optimizer: Optimizer, state: readonly NamedArray[]): Promise<void> {
  const replaced = await optimizer.getWeights();
  const weights = state.map(({ name, shape, values }) => ({
    name,
    tensor: tensor(values, shape, values instanceof Float32Array ? 'float32' : 'int32') as Tensor,
  }));
  await optimizer.setWeights(weights);
  for (const { tensor } of [...replaced, ...weights]) tensor.dispose();
}
