import type { TensorAccess } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';

/** The address and the length of a tensor's numbers. */
export function floatsOf(
  backend: BackendWasm,
  { dataId, shape }: Pick<TensorInfo, 'dataId' | 'shape'>,
): Floats {
  const address = backend.dataIdMap.get(dataId).memoryOffset;
  return { address, length: sizeOf(shape) };
}

/** A view of a tensor's numbers. It is valid until the next allocation: a memory that grows gets a new buffer. */
export const numbersOf = (backend: BackendWasm, tensor: TensorInfo): Float32Array =>
  backend.typedArrayFromHeap(tensor) as Float32Array;

/** A new float32 tensor that `write` fills. When `write` throws, the tensor is disposed of. */
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

/** Access without copies, for kernels on TensorFlow.js's memory. */
export const tensorsInPlace: TensorAccess<BackendWasm, Floats> = {
  read: floatsOf,
  wrap: (backend, { address }, shape) => backend.makeOutput(shape, 'float32', address),
};

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Calls `then` with the data and the address of each tensor whose data the backend releases. */
export function callOnDisposeData(
  backend: BackendWasm,
  then: (dataId: object, address: number) => void,
): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const address = backend.dataIdMap.has(dataId) ? backend.dataIdMap.get(dataId).memoryOffset : undefined;
    const disposed = disposeData(dataId, force);
    if (disposed && address !== undefined) then(dataId, address);
    return disposed;
  };
}

/** Calls `then` before a backend is disposed of. */
export function callOnDispose(backend: BackendWasm, then: () => void): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    then();
    dispose();
  };
}
