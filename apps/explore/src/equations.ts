import { type Cell, cellFromLatex, cellFromText } from '@sluice/core';
import type { CellText } from './protocol.js';

/** Whether equations are LaTeX: they have commands, or indices in braces. */
export const isLatex = (equations: string): boolean => /\\[a-zA-Z]|[_^]\{/.test(equations);

/**
 * The cell of equations.
 *
 * @throws CellTextError with the line and the column of a mistake, what was found and what is expected.
 */
export const cellOf = ({ equations }: CellText): Cell =>
  isLatex(equations) ? cellFromLatex(equations) : cellFromText(equations);
