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
 * Looking rows up, adding them up again and cutting them out: what an embedding does forward and backward, and what takes
 * the last of a layer's outputs, for TensorFlow.js's cpu backend. Its own kernels work out an index for every number, or compare every row with every segment.
 */

const values = (backend: MathBackendCPU, { dataId }: TensorInfo) =>
  backend.data.get(dataId).values as Float32Array;

/**
 * Sums rows that share a segment: `result[ids[i]] += rows[i]`; rows with an id outside `0 … segments − 1` are dropped, as
 * in TensorFlow. One pass over the rows.
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
 * TensorFlow.js's `GatherV2`, where it takes whole float32 rows of a table; every other case goes on to its own kernel.
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

/** TensorFlow.js's `Slice` for float32, a run of neighbours at a time; its own kernel works out an index for every number. */
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

/** Replacements for the registered kernels of the same names. */
export function rowKernels(): KernelConfig[] {
  const gather = getKernel('GatherV2', 'cpu');
  const slice = getKernel('Slice', 'cpu');
  return [
    { kernelName: 'UnsortedSegmentSum', backendName: 'cpu', kernelFunc: segmentSumKernel },
    ...(gather ? [{ ...gather, kernelFunc: gatherKernel(gather.kernelFunc) }] : []),
    ...(slice ? [{ ...slice, kernelFunc: sliceKernel(slice.kernelFunc) }] : []),
  ];
}
