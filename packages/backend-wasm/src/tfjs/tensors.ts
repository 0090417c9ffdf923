import type { TensorAccess } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';

/** The numbers of a tensor, where they are. */
export function floatsOf(
  backend: BackendWasm,
  { dataId, shape }: Pick<TensorInfo, 'dataId' | 'shape'>,
): Floats {
  const address = backend.dataIdMap.get(dataId).memoryOffset;
  return { address, length: sizeOf(shape) };
}

/** The same as an array on the memory, which is good until the next tensor is made: memory may grow. */
export const numbersOf = (backend: BackendWasm, tensor: TensorInfo): Float32Array =>
  backend.typedArrayFromHeap(tensor) as Float32Array;

/** A new float32 tensor with what `write` writes; given back where that fails. */
export function makeTensor(
  backend: BackendWasm,
  shape: readonly number[],
  write: (result: TensorInfo) => void,
): TensorInfo {
  const result = backend.makeOutput([...shape], 'float32');
  try {
    write(result);
  } catch (error) {
    backend.disposeData(result.dataId);
    throw error;
  }
  return result;
}

/** TensorFlow.js's tensors for kernels on its own memory: read where they are, results become tensors where they are. */
export const tensorsInPlace: TensorAccess<BackendWasm, Floats> = {
  read: floatsOf,
  wrap: (backend, { address }, shape) => backend.makeOutput(shape, 'float32', address),
};

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
