import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/**
 * TensorFlow.js's arithmetic for its cpu backend, where it is slow and an optimizer spends its time: float32 numbers of
 * one shape, or with a single number. (An Adam step over an embedding of 10,000 × 128 takes 14 such operations; each
 * calls a closure and a modulo per element there.) Everything else goes on to TensorFlow.js's own kernel.
 */

type Binary = (a: Float32Array, b: Float32Array, out: Float32Array) => void;

/** One loop for two arrays, two for an array and a number: what V8 makes fast is a loop without a call or a branch. */
const binary: Readonly<Record<string, Binary>> = {
  Add: (a, b, out) => {
    if (b.length === 1) for (let i = 0, y = b[0]; i < out.length; i++) out[i] = a[i] + y;
    else if (a.length === 1) for (let i = 0, x = a[0]; i < out.length; i++) out[i] = x + b[i];
    else for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
  },
  Sub: (a, b, out) => {
    if (b.length === 1) for (let i = 0, y = b[0]; i < out.length; i++) out[i] = a[i] - y;
    else if (a.length === 1) for (let i = 0, x = a[0]; i < out.length; i++) out[i] = x - b[i];
    else for (let i = 0; i < out.length; i++) out[i] = a[i] - b[i];
  },
  Multiply: (a, b, out) => {
    if (b.length === 1) for (let i = 0, y = b[0]; i < out.length; i++) out[i] = a[i] * y;
    else if (a.length === 1) for (let i = 0, x = a[0]; i < out.length; i++) out[i] = x * b[i];
    else for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
  },
  RealDiv: (a, b, out) => {
    if (b.length === 1) for (let i = 0, y = b[0]; i < out.length; i++) out[i] = a[i] / y;
    else if (a.length === 1) for (let i = 0, x = a[0]; i < out.length; i++) out[i] = x / b[i];
    else for (let i = 0; i < out.length; i++) out[i] = a[i] / b[i];
  },
};

type Unary = (x: Float32Array, out: Float32Array) => void;

const unary: Readonly<Record<string, Unary>> = {
  Sqrt: (x, out) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i]);
  },
  Square: (x, out) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i] * x[i];
  },
};

const isFloat = (tensor: TensorInfo) => tensor.dtype === 'float32';
const isNumber = ({ shape }: TensorInfo) => shape.length === 0;
const sameShape = (a: TensorInfo, b: TensorInfo) =>
  a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
const values = (backend: MathBackendCPU, { dataId }: TensorInfo) =>
  backend.data.get(dataId).values as Float32Array;
const sizeOf = ({ shape }: TensorInfo) => shape.reduce((product, size) => product * size, 1);

function binaryKernel(name: string, compute: Binary): KernelConfig | null {
  return faster(name, ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (!isFloat(a) || !isFloat(b) || !(isNumber(a) || isNumber(b) || sameShape(a, b))) return null;
    const cpu = backend as MathBackendCPU;
    const { shape } = isNumber(a) ? b : a;
    const out = new Float32Array(sizeOf({ ...a, shape }));
    compute(values(cpu, a), values(cpu, b), out);
    return cpu.makeTensorInfo(shape, 'float32', out);
  });
}

function unaryKernel(name: string, compute: Unary): KernelConfig | null {
  return faster(name, ({ inputs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!isFloat(x)) return null;
    const cpu = backend as MathBackendCPU;
    const out = new Float32Array(sizeOf(x));
    compute(values(cpu, x), out);
    return cpu.makeTensorInfo(x.shape, 'float32', out);
  });
}

/** TensorFlow.js's kernel of that name with ours in front; null when it has none. */
function faster(
  name: string,
  attempt: (call: Parameters<KernelFunc>[0]) => TensorInfo | null,
): KernelConfig | null {
  const original = getKernel(name, 'cpu');
  if (!original) return null;
  return { ...original, kernelFunc: (call) => attempt(call) ?? original.kernelFunc(call) };
}

/** Replacements for the registered kernels of the same names. */
export function elementwiseKernels(): KernelConfig[] {
  return [
    ...Object.entries(binary).map(([name, compute]) => binaryKernel(name, compute)),
    ...Object.entries(unary).map(([name, compute]) => unaryKernel(name, compute)),
  ].filter((kernel) => kernel !== null);
}
