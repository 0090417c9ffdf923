import type { Kernels, Matrix, Rows } from '../kernels.js';

/** Kernels of any device, where only the memory handle matters. */
// biome-ignore lint/suspicious/noExplicitAny: the driver passes prepared matrices and programs through untouched.
export type AnyKernels<Memory> = Kernels<Memory, any, any>;

export const transpose = <Memory>({
  memory,
  offset,
  rowStride,
  columnStride,
}: Matrix<Memory>): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** Rows as the left-hand side of a product. */
export const asMatrix = <Memory>({ memory, offset, stride }: Rows<Memory>): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: stride,
  columnStride: 1,
});
