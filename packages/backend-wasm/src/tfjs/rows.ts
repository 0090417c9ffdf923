import { replaceKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { attachedTo } from './attach.js';
import { floatsOf, sizeOf } from './tensors.js';

/**
 * The kernels of an embedding: it looks up rows, and its gradient sums rows.
 */

/**
 * `UnsortedSegmentSum`, the gradient of looking up rows, which TensorFlow.js's wasm backend lacks: `sums[ids[i]] +=
 * rows[i]`. Rows with an id outside `0 … numSegments − 1` are dropped, as in TensorFlow.
 *
 * @throws Error when the rows are not float32.
 */
const segmentSumConfig: KernelConfig = {
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

/**
 * Replaces TensorFlow.js's `GatherV2`, which copies number by number, for whole float32 rows of a table. Other calls go to the
 * original kernel.
 *
 * @throws Error when an index is outside of the table.
 */
function gatherKernel(original: KernelFunc): KernelFunc {
  return (call) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
    const isOurs = x.dtype === 'float32' && indices.dtype === 'int32' && axis === 0 && batchDims === 0;
    if (!isOurs || x.shape.length === 0) return original(call);
    const wasm = call.backend as BackendWasm;
    const [count, ...row] = x.shape;
    const result = wasm.makeOutput([...indices.shape, ...row], 'float32');
    const wrong = attachedTo(wasm).fixed.gatherRows(
      floatsOf(wasm, x).address,
      floatsOf(wasm, indices).address,
      floatsOf(wasm, result).address,
      sizeOf(indices.shape),
      count,
      sizeOf(row),
    );
    if (wrong >= 0) {
      wasm.disposeData(result.dataId);
      const id = wasm.typedArrayFromHeap(indices)[wrong];
      throw new Error(`GatherV2: the index value ${id} is not in [0, ${count - 1}].`);
    }
    return result;
  };
}

/** `UnsortedSegmentSum`, and a replacement for the registered `GatherV2`. */
export function rowConfigs(): KernelConfig[] {
  return [segmentSumConfig, ...replaceKernel(getKernel('GatherV2', 'wasm'), gatherKernel)];
}
