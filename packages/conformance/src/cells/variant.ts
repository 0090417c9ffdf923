import type { Cell, Sizes } from '@sluice/core';

/** A cell with its name in the suite's tests. */
export interface Variant {
  readonly name: string;
  readonly cell: Cell;
  /** Its equations as source text, for failures. Absent where the suite's own source has them. */
  readonly print?: (sizes: Sizes) => string;
}

/** A cell of the suite, with the name of its definition. */
export const own = (cell: Cell): Variant => ({ name: cell.name, cell });
