/**
 * The operations on whole rows: sums and maxima over parts of a row, repetition.
 *
 * A row of `width` numbers has `parts` equal parts, one behind the other; for `repeat` and `tile`, `parts` counts the copies.
 */

export type RowOperationName = 'sumWithin' | 'maxWithin' | 'sumAcross' | 'repeat' | 'tile';

/** Whether the row must be divisible into the parts. */
export const dividesRow = (name: RowOperationName): boolean => name !== 'repeat' && name !== 'tile';

/** The length of the result for a row of `width` numbers. */
export function resultWidth(name: RowOperationName, width: number, parts: number): number {
  if (!dividesRow(name)) return width * parts;
  return name === 'sumAcross' ? width / parts : parts;
}

/** The number at a place of the result, from the operand's row, which begins at `start`. */
export type EvaluateRow = (
  row: ArrayLike<number>,
  start: number,
  width: number,
  parts: number,
  place: number,
) => number;

/** This table alone defines each operation, in float64; its derivative is in `gradient/derivatives.ts`. */
export const rowOperations: Readonly<Record<RowOperationName, EvaluateRow>> = {
  /** The sum of each part: one number for each. */
  sumWithin: (row, start, width, parts, place) => {
    const size = width / parts;
    let sum = 0;
    for (let i = 0; i < size; i++) sum += row[start + place * size + i];
    return sum;
  },
  /** The largest number of each part, NaN where one is. */
  maxWithin: (row, start, width, parts, place) => {
    const size = width / parts;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < size; i++) largest = Math.max(largest, row[start + place * size + i]);
    return largest;
  },
  /** The sum of the parts, number by number: a row as long as a part. */
  sumAcross: (row, start, width, parts, place) => {
    const size = width / parts;
    let sum = 0;
    for (let part = 0; part < parts; part++) sum += row[start + part * size + place];
    return sum;
  },
  /** Each number `parts` times in a row. */
  repeat: (row, start, _, parts, place) => row[start + Math.floor(place / parts)],
  /** The row `parts` times, one behind the other. */
  tile: (row, start, width, _, place) => row[start + (place % width)],
};
