import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { attachedTo, floatsOf, sizeOf } from './attach.js';

/**
 * `UnsortedSegmentSum`, the gradient of looking up rows, which TensorFlow.js's wasm backend lacks: `sums[ids[i]] +=
 * rows[i]`. Rows with an id outside `0 … numSegments − 1` are dropped, as in TensorFlow.
 *
 * @throws Error when the rows are not float32.
 */
export const segmentSumConfig: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    if (x.dtype !== 'float32') {
      throw new Error(`unsortedSegmentSum: on wasm x must be float32, but is ${x.dtype}; cast it.`);
    }
    const wasm = backend as BackendWasm;
    const { fixed } = attachedTo(wasm);
    const count = sizeOf(segmentIds.shape);
    const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
    const result = wasm.makeOutput(shape, 'float32');
    const sums = floatsOf(wasm, result);
    fixed.clear(sums.address, sums.length);
    const ids = floatsOf(wasm, segmentIds);
    fixed.segmentSum(
      floatsOf(wasm, x).address,
      ids.address,
      sums.address,
      count,
      numSegments,
      sizeOf(shape.slice(1)),
    );
    return result;
  },
};
