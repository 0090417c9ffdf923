import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * Sums rows that share a segment: `result[ids[i]] += rows[i]`; rows with an id outside `0 … segments − 1` are dropped, as
 * in TensorFlow. One pass over the rows; TensorFlow.js's own kernel compares every row with every segment.
 */
export function segmentSum(rows: Float32Array, ids: ArrayLike<number>, segments: number): Float32Array {
  const length = ids.length === 0 ? 0 : rows.length / ids.length;
  const result = new Float32Array(segments * length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (id < 0 || id >= segments) continue;
    const from = i * length;
    const to = id * length;
    for (let j = 0; j < length; j++) result[to + j] += rows[from + j];
  }
  return result;
}

const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const cpu = backend as MathBackendCPU;
  const values = (tensor: TensorInfo) => cpu.data.get(tensor.dataId).values as Float32Array;
  const sums = segmentSum(values(x), values(segmentIds), numSegments);
  const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
  return cpu.makeTensorInfo(shape, 'float32', sums);
};

/** TensorFlow.js's `UnsortedSegmentSum` for its cpu backend, in time proportional to the rows. */
export const segmentSumKernel: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'cpu',
  kernelFunc,
};
