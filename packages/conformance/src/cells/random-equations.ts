import type { Sizes } from '@sluice/core';
import type { CellDescription } from '../random-cells/description.js';
import { drawCell, headOf } from '../random-cells/draw-cell.js';
import { makeCell } from '../random-cells/make-cell.js';
import { printCell } from '../random-cells/print.js';
import type { Variant } from './variant.js';

const CELLS = 300;

/** A cell with random equations, and what it is made of at given sizes. */
export interface RandomVariant extends Variant {
  readonly describe: (sizes: Sizes) => CellDescription;
}

/** The random cell of that number: the same for the same seed. */
export function randomVariant(number: number): RandomVariant {
  const known = new Map<string, CellDescription>();
  const describe = (sizes: Sizes) => {
    const key = `${sizes.inputSize} ${sizes.units}`;
    const description = known.get(key) ?? drawCell(number, sizes);
    known.set(key, description);
    return description;
  };
  const head = headOf(number);
  const print = (sizes: Sizes) => printCell(describe(sizes), sizes);
  return { name: head.name, cell: makeCell(head, describe), describe, print };
}

export const randomVariants: readonly RandomVariant[] = Array.from({ length: CELLS }, (_, i) =>
  randomVariant(i),
);
