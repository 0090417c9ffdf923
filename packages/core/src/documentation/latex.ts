import type { Cell } from '../equations/define-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { planFor } from '../plan/plan.js';
import { tex } from './notation.js';
import { writeEquations } from './write.js';

/** Sizes for cells whose equations are asked for without any: unequal, which is the general case. */
export const TYPICAL_SIZES: Sizes = { inputSize: 64, units: 128 };

/**
 * A cell's equations as LaTeX, in an `aligned` environment.
 * @param sizes only matters for cells whose equations depend on them, as SRU's do on inputSize = units.
 */
export function latex(cell: Cell, sizes: Sizes = TYPICAL_SIZES): string {
  const lines = writeEquations(planFor(cell, sizes), tex).map(({ left, right }) => `  ${left} &= ${right}`);
  return ['\\begin{aligned}', lines.join(' \\\\\n'), '\\end{aligned}'].join('\n');
}
