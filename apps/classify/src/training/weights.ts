import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { InputError } from '../failure.js';
import type { NamedArray } from '../storage/named-array.js';

/** A tensor's values, copied to the host. */
export async function toArray(name: string, source: Tensor): Promise<NamedArray> {
  const data = await source.data();
  // A copy: some backends hand out the memory that the tensor lives in.
  const values = source.dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return { name, shape: [...source.shape], values };
}

/** The model's weights in its own order, copied to the host. */
export function modelWeights(model: LayersModel): Promise<NamedArray[]> {
  const weights = model.getWeights();
  return Promise.all(weights.map((weight, index) => toArray(model.weights[index].originalName, weight)));
}

/** The first array with a value that is NaN or infinite. */
export function firstNotFinite(arrays: readonly NamedArray[]): NamedArray | undefined {
  return arrays.find(({ values }) => !allFinite(values));
}

/** Whether no value is NaN or infinite. */
export function allFinite(values: Float32Array | Int32Array): boolean {
  for (let index = 0; index < values.length; index++) if (!Number.isFinite(values[index])) return false;
  return true;
}

/**
 * Puts weights into the model.
 *
 * @param source the file they are from, for messages.
 * @throws InputError when they are of another model.
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
  for (const each of tensors) each.dispose();
}
