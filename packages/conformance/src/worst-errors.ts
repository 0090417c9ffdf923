import type { Named } from './compare.js';

/** The largest errors of a cell, relative to max(1, |reference|). */
export interface CellErrors {
  readonly cell: string;
  readonly forward: number;
  readonly gradient: number;
}

/** Keeps the largest errors of every cell. */
export class WorstErrors {
  private readonly byCell = new Map<string, CellErrors>();

  /** @param growth of the tolerances with the number of steps, by which the errors are divided */
  note(
    cell: string,
    direction: 'forward' | 'gradient',
    [actual, expected]: readonly [Named, Named],
    growth: number,
  ): void {
    const known = this.byCell.get(cell) ?? { cell, forward: 0, gradient: 0 };
    const error = largestError(actual, expected) / growth;
    this.byCell.set(cell, { ...known, [direction]: Math.max(known[direction], error) });
  }

  all(): CellErrors[] {
    return [...this.byCell.values()];
  }
}

/** Infinity where a number is missing or not finite. */
function largestError(actual: Named, expected: Named): number {
  let largest = 0;
  for (const [name, numbers] of Object.entries(expected)) {
    const given = actual[name] ?? [];
    for (let i = 0; i < numbers.length; i++) {
      const difference = Math.abs(given[i] - numbers[i]);
      // Relative to 1 or more, it is no larger: most numbers need no more than this.
      if (difference <= largest) continue;
      const error = difference / Math.max(1, Math.abs(numbers[i]));
      if (!(error <= largest)) largest = Number.isNaN(error) ? Infinity : error;
    }
  }
  return largest;
}
