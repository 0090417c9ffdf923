import type { Matrix } from '@sluice/core/backend';
import { replaceKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';
import { attachedTo } from './attach.js';
import { floatsOf, sizeOf } from './tensors.js';

/**
 * Replaces TensorFlow.js's products of transposed matrices, which its wasm backend computes with slow scalar loops. The gradient
 * of every dense layer consists of them. Other calls go to the original kernel.
 */

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: string;
}

/** The replaced products: transposed, of float32 numbers, without broadcasting, bias or activation. */
function isOurs({ inputs, attrs }: Parameters<KernelFunc>[0]): boolean {
  const { a, b, bias, preluActivationWeights } = inputs as Record<string, TensorInfo | undefined>;
  const { transposeA, transposeB, activation = 'linear' } = attrs as unknown as MatMulAttributes;
  if (!a || !b || bias || preluActivationWeights || activation !== 'linear') return false;
  if (!(transposeA || transposeB) || a.dtype !== 'float32' || b.dtype !== 'float32') return false;
  if (sizeOf(a.shape) === 0 || sizeOf(b.shape) === 0) return false;
  return a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join();
}

function multiply({ inputs, attrs, backend }: Parameters<KernelFunc>[0]): TensorInfo {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = attrs as unknown as MatMulAttributes;
  const wasm = backend as BackendWasm;
  const { kernels } = attachedTo(wasm);
  const outer = a.shape.slice(0, -2);
  const left = sizesOf(a, transposeA);
  const right = sizesOf(b, transposeB);
  if (left.columns !== right.rows) {
    throw new Error(
      `matMul: the inner sizes ${left.columns} and ${right.rows} of shapes [${a.shape}] (transposed: ${transposeA}) and ` +
        `[${b.shape}] (transposed: ${transposeB}) must be the same.`,
    );
  }
  const result = wasm.makeOutput([...outer, left.rows, right.columns], 'float32');
  const memories = { a: floatsOf(wasm, a), b: floatsOf(wasm, b), result: floatsOf(wasm, result) };
  const count = sizeOf(outer);
  for (let i = 0; i < count; i++) {
    const prepared = kernels.prepare(
      matrixAt(memories.b, i, right, transposeB),
      left.rows,
      right.rows,
      right.columns,
    );
    const target = { rows: left.rows, columns: right.columns };
    kernels.multiply(
      matrixAt(memories.a, i, left, transposeA),
      prepared,
      matrixAt(memories.result, i, target, false),
      left.rows,
      false,
    );
    kernels.releaseRight(prepared);
  }
  return result;
}

interface Sizes {
  readonly rows: number;
  readonly columns: number;
}

/** The sizes of a tensor's matrices as factors, swapped if they are transposed. */
function sizesOf({ shape }: TensorInfo, transposed: boolean): Sizes {
  const [first, second] = shape.slice(-2);
  return transposed ? { rows: second, columns: first } : { rows: first, columns: second };
}

/** Matrix `i` of a tensor's data as a factor. */
function matrixAt(memory: Floats, i: number, { rows, columns }: Sizes, transposed: boolean): Matrix<Floats> {
  const offset = i * rows * columns;
  return transposed
    ? { memory, offset, rowStride: 1, columnStride: rows }
    : { memory, offset, rowStride: columns, columnStride: 1 };
}

/** Replacements for the registered kernels of the same names. */
export function matrixProductConfigs(): KernelConfig[] {
  return ['BatchMatMul', '_FusedMatMul'].flatMap((name) =>
    replaceKernel(
      getKernel(name, 'wasm'),
      (original) => (call) => (isOurs(call) ? multiply(call) : original(call)),
    ),
  );
}
