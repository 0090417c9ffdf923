/**
 * The operations on whole rows: sums and maxima over parts of a row, repetition.
 *
 * This table alone defines each one, in float64; its derivative is in `gradient/derivatives.ts`. A row of `width` numbers has
 * `parts` equal parts, one behind the other; for `repeat` and `tile`, `parts` counts the copies.
 */

export type RowOperationName = 'sumWithin' | 'maxWithin' | 'sumAcross' | 'repeat' | 'tile';

export interface RowOperation {
  /** Whether the row must be divisible into the parts. */
  readonly divides: boolean;
  /** The length of the result. */
  width(width: number, parts: number): number;
  /** The number at a place of the result, from the operand's row, which begins at `start`. */
  evaluate(row: ArrayLike<number>, start: number, width: number, parts: number, place: number): number;
}

export const rowOperations: Readonly<Record<RowOperationName, RowOperation>> = {
  /** The sum of each part: one number for each. */
  sumWithin: {
    divides: true,
    width: (_, parts) => parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += row[start + place * size + i];
      return sum;
    },
  },
  /** The largest number of each part, NaN where one is. */
  maxWithin: {
    divides: true,
    width: (_, parts) => parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < size; i++) largest = Math.max(largest, row[start + place * size + i]);
      return largest;
    },
  },
  /** The sum of the parts, number by number: a row as long as a part. */
  sumAcross: {
    divides: true,
    width: (width, parts) => width / parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let sum = 0;
      for (let part = 0; part < parts; part++) sum += row[start + part * size + place];
      return sum;
    },
  },
  /** Each number `parts` times in a row. */
  repeat: {
    divides: false,
    width: (width, parts) => width * parts,
    evaluate: (row, start, _, parts, place) => row[start + Math.floor(place / parts)],
  },
  /** The row `parts` times, one behind the other. */
  tile: {
    divides: false,
    width: (width, parts) => width * parts,
    evaluate: (row, start, width, _, place) => row[start + (place % width)],
  },
};
