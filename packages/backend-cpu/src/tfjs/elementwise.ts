import { replaceKernel } from '@sluice/tfjs';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { add, div, type Loop, mul, sqrt, sub } from '../engine/cheap-loops.js';

/**
 * Replaces TensorFlow.js's arithmetic on float32 numbers of one shape, or with a scalar; other calls go to the original
 * kernel. An Adam step runs 14 such operations over all weights of an embedding, and the original kernels call a closure
 * and compute a modulo for each number.
 */

const binary: Readonly<Record<string, Loop>> = { Add: add, Sub: sub, Multiply: mul, RealDiv: div };

const square: Loop = (out, o, a, i, _b, _j, c, k, length) => mul(out, o, a, i, a, i, c, k, length);

const unary: Readonly<Record<string, Loop>> = { Sqrt: sqrt, Square: square };

/** A scalar is repeated in a row of this length. */
const CHUNK = 4096;

const isFloat = (tensor: TensorInfo) => tensor.dtype === 'float32';
const isNumber = ({ shape }: TensorInfo) => shape.length === 0;
const sameShape = (a: TensorInfo, b: TensorInfo) =>
  a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
const values = (backend: MathBackendCPU, { dataId }: TensorInfo) =>
  backend.data.get(dataId).values as Float32Array;

/** `out = operation(a, b)`. A single number in `a` or `b` is repeated. */
function apply(loop: Loop, out: Float32Array, a: Float32Array, b: Float32Array): void {
  const repeated = (x: Float32Array) => x.length === 1 && out.length > 1;
  const row = (x: Float32Array) =>
    repeated(x) ? new Float32Array(Math.min(CHUNK, out.length)).fill(x[0]) : x;
  const [x, y] = [row(a), row(b)];
  const step = repeated(a) || repeated(b) ? CHUNK : out.length;
  for (let start = 0; start < out.length; start += step) {
    const length = Math.min(step, out.length - start);
    loop(out, start, x, repeated(a) ? 0 : start, y, repeated(b) ? 0 : start, x, 0, length);
  }
}

function compute(backend: MathBackendCPU, loop: Loop, a: TensorInfo, b: TensorInfo): TensorInfo {
  const { shape } = isNumber(a) ? b : a;
  const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
  apply(loop, out, values(backend, a), values(backend, b));
  return backend.makeTensorInfo(shape, 'float32', out);
}

/** Replaces a kernel by `attempt`, which returns null for calls of the original kernel. */
const replaceByAttempt = (
  name: string,
  attempt: (call: Parameters<KernelFunc>[0]) => TensorInfo | null,
): KernelConfig[] =>
  replaceKernel<KernelFunc, KernelConfig>(
    getKernel(name, 'cpu'),
    (original) => (call) => attempt(call) ?? original(call),
  );

const binaryKernel = (name: string, loop: Loop) =>
  replaceByAttempt(name, ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const fits = isFloat(a) && isFloat(b) && (isNumber(a) || isNumber(b) || sameShape(a, b));
    return fits ? compute(backend as MathBackendCPU, loop, a, b) : null;
  });

const unaryKernel = (name: string, loop: Loop) =>
  replaceByAttempt(name, ({ inputs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    return isFloat(x) ? compute(backend as MathBackendCPU, loop, x, x) : null;
  });

/** Replacements for the registered kernels of the same names. */
export function elementwiseKernels(): KernelConfig[] {
  return [
    ...Object.entries(binary).flatMap(([name, loop]) => binaryKernel(name, loop)),
    ...Object.entries(unary).flatMap(([name, loop]) => unaryKernel(name, loop)),
  ];
}
