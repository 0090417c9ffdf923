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

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
