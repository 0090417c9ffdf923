import type { Plan } from '../../plan/plan.js';
import type { Kernels, Matrix, Rows } from '../kernels.js';

/** Kernels of any device, where only the memory handle matters. */
// biome-ignore lint/suspicious/noExplicitAny: the driver passes prepared matrices and programs through untouched.
export type AnyKernels<Memory> = Kernels<Memory, any, any>;

/** A matrix whose rows lie one behind the other. */
export const dense = <Memory>(memory: Memory, columns: number, offset = 0): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: columns,
  columnStride: 1,
});

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

/** The part of `rows` that begins at row `first`. */
export const from = <Memory>({ memory, offset, stride }: Rows<Memory>, first: number): Rows<Memory> => ({
  memory,
  offset: offset + first * stride,
  stride,
});

/** The blocks of a matrix parameter that a product multiplies with. */
export function weights<Memory>(plan: Plan, parameters: readonly Memory[], product: number): Matrix<Memory> {
  const { parameter, firstBlock } = plan.products[product];
  return dense(parameters[parameter], plan.parameters[parameter].shape[1], firstBlock * plan.units);
}

/** The length of the rows that a product reads and of those it gives. */
export function productSize(plan: Plan, product: number): { depth: number; columns: number } {
  const { parameter, results } = plan.products[product];
  return { depth: plan.parameters[parameter].shape[0], columns: results.length * plan.units };
}
