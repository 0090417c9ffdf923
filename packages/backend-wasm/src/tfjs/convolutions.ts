import type { Matrix } from '@sluice/core/backend';
import { replaceKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  backend_util,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';
import { attachedTo } from './attach.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients.js';
import { floatsOf, makeTensor } from './tensors.js';
import { Windows } from './windows.js';

/**
 * The gradients of convolutions. TensorFlow.js's wasm backend lacks the gradient of the filters, so no convolution can be
 * trained, and its gradient of the input is a slow scalar loop. Here windows of the input are the rows of a matrix (im2col),
 * so that both gradients are matrix products.
 */
export function convolutionConfigs(): KernelConfig[] {
  return [
    ...addKernel('Conv2DBackpropFilter', filterGradient),
    ...replaceKernel(
      getKernel('Conv2DBackpropInput', 'wasm'),
      (original) => (call) => (formatOf(call) === 'NHWC' ? inputGradient(call) : original(call)),
    ),
    ...addKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient),
    ...addKernel('DepthwiseConv2dNativeBackpropInput', depthwiseInputGradient),
  ];
}

/** A kernel for TensorFlow.js's wasm backend; empty when the backend has one of that name. */
function addKernel(kernelName: string, kernelFunc: KernelFunc): KernelConfig[] {
  return getKernel(kernelName, 'wasm') ? [] : [{ kernelName, backendName: 'wasm', kernelFunc }];
}

type Call = Parameters<KernelFunc>[0];
type Shape4 = [number, number, number, number];

/** The arguments from TensorFlow.js's operations. There is no dilation: TensorFlow.js has no gradient for it. */
interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape?: Shape4;
  readonly inputShape?: Shape4;
}

const attributesOf = (call: Call) => call.attrs as unknown as ConvolutionAttributes;
const formatOf = (call: Call) => attributesOf(call).dataFormat ?? 'NHWC';

function convolutionOf(call: Call, x: Shape4, filter: Shape4): backend_util.Conv2DInfo {
  const { strides, pad, dimRoundingMode } = attributesOf(call);
  const format = backend_util.convertConv2DDataFormat(formatOf(call));
  return backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode, false, format);
}

/** `Conv2DBackpropFilter`: windowsᵀ × cotangents, for the windows of one part at a time. */
function filterGradient(call: Call): TensorInfo {
  const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
  const backend = call.backend as BackendWasm;
  const { kernels } = attachedTo(backend);
  const shape = attributesOf(call).filterShape as Shape4;
  const windows = new Windows(attachedTo(backend), convolutionOf(call, x.shape as Shape4, shape));
  const [input, cotangents] = [x, dy].map((tensor) => channelsLast(call, tensor));
  const [size, filters] = [windows.size, shape[3]];
  try {
    return makeTensor(backend, shape, (result) => {
      windows.read(floatsOf(backend, input));
      const target = rowsOf(floatsOf(backend, result), filters, 0);
      windows.forEachPart((first, count) => {
        windows.gather(first, count);
        const transposed = { memory: windows.matrix, offset: 0, rowStride: 1, columnStride: size };
        const part = rowsOf(floatsOf(backend, cotangents), filters, first);
        const right = kernels.prepare(part, size, count, filters);
        kernels.multiply(transposed, right, target, size, first > 0);
        kernels.releaseRight(right);
      });
    });
  } finally {
    windows.release();
    if (input !== x) backend.disposeData(input.dataId);
    if (cotangents !== dy) backend.disposeData(cotangents.dataId);
  }
}

/** `Conv2DBackpropInput`: cotangents × filtersᵀ gives windows, which are added at their places in the input. */
function inputGradient(call: Call): TensorInfo {
  const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
  const backend = call.backend as BackendWasm;
  const { kernels } = attachedTo(backend);
  const shape = attributesOf(call).inputShape as Shape4;
  const windows = new Windows(attachedTo(backend), convolutionOf(call, shape, filter.shape as Shape4));
  const [size, filters] = [windows.size, filter.shape[3]];
  try {
    return makeTensor(backend, shape, (result) => {
      windows.clear(floatsOf(backend, result));
      const memory = floatsOf(backend, filter);
      const transposed = { memory, offset: 0, rowStride: 1, columnStride: filters };
      const right = kernels.prepare(transposed, windows.count, filters, size);
      windows.forEachPart((first, count) => {
        const left = rowsOf(floatsOf(backend, dy), filters, first);
        kernels.multiply(left, right, rowsOf(windows.matrix, size, 0), count, false);
        windows.scatter(first, count);
      });
      kernels.releaseRight(right);
      windows.write(floatsOf(backend, result));
    });
  } finally {
    windows.release();
  }
}

/** The rows of a matrix from row `first`. */
const rowsOf = (memory: Floats, columns: number, first: number): Matrix<Floats> => ({
  memory,
  offset: first * columns,
  rowStride: columns,
  columnStride: 1,
});

/** The tensor with its channels last: itself, or a copy. */
function channelsLast(call: Call, tensor: TensorInfo): TensorInfo {
  if (formatOf(call) === 'NHWC') return tensor;
  const { kernelFunc } = getKernel('Transpose', 'wasm') as KernelConfig;
  return kernelFunc({
    inputs: { x: tensor },
    attrs: { perm: [0, 2, 3, 1] },
    backend: call.backend,
  }) as TensorInfo;
}
