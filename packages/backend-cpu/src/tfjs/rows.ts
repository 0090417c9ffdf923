import { replaceKernel } from '@sluice/tfjs';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  slice_util,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/**
 * The kernels of an embedding (rows of a table, and their sums as the gradient) and of a layer's last output (slices).
 * TensorFlow.js's own compute an index for each number, or compare each row with each segment.
 */

const values = (backend: MathBackendCPU, { dataId }: TensorInfo) =>
  backend.data.get(dataId).values as Float32Array;

/**
 * Sums the rows of each segment in one pass: `result[ids[i]] += rows[i]`. As in TensorFlow, rows with an id outside of
 * `0 … segments − 1` are dropped.
 */
export function segmentSum(
  rows: Float32Array,
  ids: ArrayLike<number>,
  segments: number,
  length: number,
): Float32Array {
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

const segmentSumKernel: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const cpu = backend as MathBackendCPU;
  const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
  const length = shape.slice(1).reduce((product, size) => product * size, 1);
  const sums = segmentSum(values(cpu, x), values(cpu, segmentIds), numSegments, length);
  return cpu.makeTensorInfo(shape, 'float32', sums);
};

/**
 * Replaces `GatherV2` where it takes whole float32 rows of a table; other calls go to the original kernel.
 *
 * @throws Error when an index is outside of the table.
 */
function gatherKernel(original: KernelFunc): KernelFunc {
  return (call) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
    if (x.dtype !== 'float32' || axis !== 0 || batchDims !== 0) return original(call);
    const cpu = call.backend as MathBackendCPU;
    const [count, ...row] = x.shape;
    const length = row.reduce((product, size) => product * size, 1);
    const table = values(cpu, x);
    const ids = values(cpu, indices);
    const result = new Float32Array(ids.length * length);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (!(id >= 0 && id < count))
        throw new Error(`GatherV2: the index value ${id} is not in [0, ${count - 1}].`);
      for (let j = 0, from = id * length, to = i * length; j < length; j++) result[to + j] = table[from + j];
    }
    return cpu.makeTensorInfo([...indices.shape, ...row], 'float32', result);
  };
}

/** Replaces `Slice` of float32 numbers; other calls go to the original kernel. */
function sliceKernel(original: KernelFunc): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    if (x.dtype !== 'float32' || x.shape.length === 0) return original(call);
    const { begin, size } = call.attrs as unknown as { begin: number[]; size: number[] };
    const [first, shape] = slice_util.parseSliceParams(x as Tensor, begin, size);
    slice_util.assertParamsValid(x as Tensor, first, shape);
    const cpu = call.backend as MathBackendCPU;
    const from = values(cpu, x);
    const last = shape.length - 1;
    const result = new Float32Array(shape.reduce((product, length) => product * length, 1));
    let to = 0;
    const copy = (dimension: number, row: number): void => {
      const start = row * x.shape[dimension] + first[dimension];
      if (dimension === last) {
        for (let i = 0; i < shape[last]; i++) result[to++] = from[start + i];
        return;
      }
      for (let i = 0; i < shape[dimension]; i++) copy(dimension + 1, start + i);
    };
    copy(0, 0);
    return cpu.makeTensorInfo(shape, 'float32', result);
  };
}

/** The kernels of rows, to be registered instead of TensorFlow.js's. */
export function rowKernels(): KernelConfig[] {
  return [
    { kernelName: 'UnsortedSegmentSum', backendName: 'cpu', kernelFunc: segmentSumKernel },
    ...replaceKernel(getKernel('GatherV2', 'cpu'), gatherKernel),
    ...replaceKernel(getKernel('Slice', 'cpu'), sliceKernel),
  ];
}
