import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * `UnsortedSegmentSum` for TensorFlow.js's wasm backend, which lacks it, so that `tf.layers` can train an embedding there
 * at all: `sums[ids[i]] += rows[i]`; rows with an id outside `0 … numSegments − 1` are dropped, as in TensorFlow. It is
 * plain JavaScript over the backend's memory, and knows nothing of Sluice's kernel of the same name.
 */
export const segmentSum: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    const wasm = backend as BackendWasm;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const result = wasm.makeOutput([numSegments, ...rowShape], x.dtype);
    // Only now, since making room for the result may move the memory.
    const [rows, ids, sums] = [x, segmentIds, result].map((tensor) => wasm.typedArrayFromHeap(tensor));
    const length = rowShape.reduce((product, size) => product * size, 1);
    sums.fill(0);
    ids.forEach((id: number, i: number) => {
      if (id < 0 || id >= numSegments) return;
      for (let j = 0; j < length; j++) sums[id * length + j] += rows[i * length + j];
    });
    return result;
  },
};
