import type { RowOperationName, Rows, SequenceRowOperation } from '@sluice/core/backend';
import type { FixedKernels } from './fixed-kernels.js';
import type { Floats } from './heap.js';

/** The numbers of the operations in assembly/row-operations.ts. */
export const ROW_OPERATIONS: Readonly<Record<RowOperationName | 'copy', number>> = {
  copy: 0,
  sumWithin: 1,
  maxWithin: 2,
  sumAcross: 3,
  repeat: 4,
  tile: 5,
};

/** Applies an operation to `count` rows from row `first` on. */
export function runRows(
  fixed: FixedKernels,
  { name, parts, width, operand, result }: SequenceRowOperation<Floats>,
  first: number,
  count: number,
): void {
  const addressOf = ({ memory, offset, stride }: Rows<Floats>) =>
    memory.address + (offset + first * stride) * 4;
  fixed.runRows(
    ROW_OPERATIONS[name],
    addressOf(operand),
    operand.stride * 4,
    addressOf(result),
    result.stride * 4,
    count,
    width,
    parts,
  );
}
