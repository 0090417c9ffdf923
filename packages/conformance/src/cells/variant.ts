import type { Cell } from '@sluice/core';

/** A cell under the name that the suite's tests have. */
export interface Variant {
  readonly name: string;
  readonly cell: Cell;
}

/** A cell that the suite makes itself, named by its definition. */
export const own = (cell: Cell): Variant => ({ name: cell.name, cell });
