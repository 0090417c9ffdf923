import type { Cell } from '@sluice/core';

/** A cell with its name in the suite's tests. */
export interface Variant {
  readonly name: string;
  readonly cell: Cell;
}

/** A cell of the suite, with the name of its definition. */
export const own = (cell: Cell): Variant => ({ name: cell.name, cell });
