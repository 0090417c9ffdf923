import { replaceKernel, withSeparateActivation } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { attachedTo } from './attach.js';
import { floatsOf, numbersOf, sizeOf } from './tensors.js';

/**
 * Replaces TensorFlow.js's wasm kernels that return a number for NaN: a loss of NaN then looks like a large loss, and relu turns
 * NaN into 0. Here NaN stays NaN, as on TensorFlow.js's other backends.
 */
export function nanConfigs(): KernelConfig[] {
  return [
    ...replaceKernel(getKernel('ClipByValue', 'wasm'), (original) => clippedIntegers(clipped(original))),
    ...replaceKernel(getKernel('Relu6', 'wasm'), clipped),
    ...['Maximum', 'Minimum'].flatMap((name) => replaceKernel(getKernel(name, 'wasm'), largest)),
    ...['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'].flatMap((name) =>
      replaceKernel(getKernel(name, 'wasm'), separateActivation),
    ),
    ...['MaxPool', 'AvgPool'].flatMap((name) => replaceKernel(getKernel(name, 'wasm'), pooled)),
  ];
}

function keepNaN(backend: BackendWasm, from: TensorInfo, to: TensorInfo): void {
  attachedTo(backend).fixed.keepNaN(
    floatsOf(backend, from).address,
    floatsOf(backend, to).address,
    sizeOf(to.shape),
  );
}

/** Keeps NaN in kernels of one tensor. */
function clipped(original: KernelFunc): KernelFunc {
  return (call) => {
    const result = original(call) as TensorInfo;
    const { x } = call.inputs as { x: TensorInfo };
    if (x.dtype === 'float32') keepNaN(call.backend as BackendWasm, x, result);
    return result;
  };
}

/** `ClipByValue`, which reads stored whole numbers as float32 bits. */
function clippedIntegers(floats: KernelFunc): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    if (x.dtype !== 'int32') return floats(call);
    const { clipValueMin, clipValueMax } = call.attrs as unknown as Record<string, number>;
    const backend = call.backend as BackendWasm;
    const result = backend.makeOutput(x.shape, 'int32');
    const numbers = backend.typedArrayFromHeap(x);
    const clip = (value: number) => Math.min(Math.max(value, clipValueMin), clipValueMax);
    backend.typedArrayFromHeap(result).set(numbers.map(clip));
    return result;
  };
}

/** Keeps NaN in `Maximum` and `Minimum`, which keep it only in the left operand. */
function largest(original: KernelFunc): KernelFunc {
  return (call) => {
    const result = original(call) as TensorInfo;
    const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
    const backend = call.backend as BackendWasm;
    if (b.dtype !== 'float32') return result;
    if (sizeOf(b.shape) === sizeOf(result.shape)) keepNaN(backend, b, result);
    else if (hasNaN(backend, b)) {
      const other = original({ ...call, inputs: { a: b, b: a } }) as TensorInfo;
      keepNaN(backend, other, result);
      backend.disposeData(other.dataId);
    }
    return result;
  };
}

/** Keeps NaN in products with a fused `relu` or `relu6`: the activation runs as a separate kernel. */
function separateActivation(original: KernelFunc): KernelFunc {
  const names: Readonly<Record<string, string>> = { relu: 'Relu', relu6: 'Relu6' };
  const findActivation = (name: string) => getKernel(names[name] ?? '', 'wasm')?.kernelFunc as never;
  return withSeparateActivation<BackendWasm>(original as never, findActivation) as KernelFunc;
}

/** Keeps NaN in `MaxPool` and `AvgPool`: pooling a tensor with 1 for NaN and 0 else finds the windows with NaN. */
function pooled(original: KernelFunc): KernelFunc {
  return (call) => {
    const result = original(call) as TensorInfo;
    const { x } = call.inputs as { x: TensorInfo };
    const backend = call.backend as BackendWasm;
    if (!hasNaN(backend, x)) return result;
    const marks = backend.makeOutput(x.shape, 'float32');
    numbersOf(backend, marks).set(numbersOf(backend, x).map((value) => (Number.isNaN(value) ? 1 : 0)));
    const pooledMarks = original({ ...call, inputs: { x: marks } }) as TensorInfo;
    const numbers = numbersOf(backend, result);
    numbersOf(backend, pooledMarks).forEach((mark, i) => {
      if (mark > 0) numbers[i] = Number.NaN;
    });
    for (const { dataId } of [marks, pooledMarks]) backend.disposeData(dataId);
    return result;
  };
}

function hasNaN(backend: BackendWasm, tensor: TensorInfo): boolean {
  const numbers = numbersOf(backend, tensor);
  for (let i = 0; i < numbers.length; i++) if (Number.isNaN(numbers[i])) return true;
  return false;
}
