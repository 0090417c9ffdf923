import { exp, sqrt } from './activations.js';
import { Expression } from './expression.js';
import type { RowOperationName } from './row-operations.js';

/**
 * The sum of a row, which is one number, or of each of its equal parts: a row of `parts` numbers. A row of one number
 * stands for a row of that number in other operations.
 */
export const sum = (row: Expression, parts = 1): Expression => rowOperation('sumWithin', row, parts);

/** The largest number of a row, or of each of its equal parts; NaN where one is. */
export const max = (row: Expression, parts = 1): Expression => rowOperation('maxWithin', row, parts);

/** The sum of a row's equal parts, number by number: a row as long as a part. */
export const sumParts = (row: Expression, parts: number): Expression => rowOperation('sumAcross', row, parts);

/** A row with each number `times` times: 1, 1, 2, 2, 3, 3. */
export const repeat = (row: Expression, times: number): Expression => rowOperation('repeat', row, times);

/**
 * A row `times` times, one behind the other: 1, 2, 3, 1, 2, 3. Or each of its equal parts so: with two parts, 1, 2, 3, 4 becomes
 * 1, 2, 1, 2, 3, 4, 3, 4.
 */
export const tile = (row: Expression, times: number, parts = 1): Expression =>
  parts === 1
    ? rowOperation('tile', row, times)
    : concat(...split(row, parts).map((part) => rowOperation('tile', part, times)));

/** The mean of a row, or of each of its equal parts. */
export const mean = (row: Expression, parts = 1): Expression =>
  new Expression({ kind: 'mean', operand: checkRow('mean', row), parts: checkCount('mean', 'parts', parts) });

/** A row of `length` zeros. A product with it costs nothing. */
export const zeros = (length: number): Expression =>
  new Expression({ kind: 'zeros', length: checkCount('zeros', 'length', length) });

/** Rows one behind the other, as one row. */
export function concat(...rows: Expression[]): Expression {
  if (rows.length === 0) throw new TypeError('concat: give at least one row.');
  return new Expression({ kind: 'concat', inputs: rows.map((row) => checkRow('concat', row)) });
}

/** `length` numbers of a row, from number `start` on (counted from 0). */
export function slice(row: Expression, start: number, length: number): Expression {
  if (!Number.isInteger(start) || start < 0) {
    throw new TypeError(`slice: start must be a whole number of at least 0, but is ${start}.`);
  }
  return new Expression({
    kind: 'slice',
    operand: checkRow('slice', row),
    start,
    length: checkCount('slice', 'length', length),
  });
}

/** The equal parts of a row, in order. */
export function split(row: Expression, parts: number): Expression[] {
  checkCount('split', 'parts', parts);
  const operand = checkRow('split', row);
  return Array.from({ length: parts }, (_, index) => new Expression({ kind: 'part', operand, index, parts }));
}

/** The softmax of a row, or of each of its equal parts of `size` numbers. */
export function softmax(row: Expression, parts = 1): Expression {
  const over = (numbers: Expression) =>
    new Expression({
      kind: 'spread',
      operand: numbers,
      like: row,
      parts: checkCount('softmax', 'parts', parts),
    });
  const powers = exp(row.sub(over(max(row, parts))));
  return powers.div(over(sum(powers, parts)));
}

/**
 * A row with mean 0 and variance 1, or each of its equal parts so. Source: Ba et al. 2016, arXiv:1607.06450.
 * @param epsilon added to the variance. Default 1e-5, as in PyTorch.
 */
export function normalize(row: Expression, { parts = 1, epsilon = 1e-5 } = {}): Expression {
  const over = (numbers: Expression) =>
    new Expression({
      kind: 'spread',
      operand: numbers,
      like: row,
      parts: checkCount('normalize', 'parts', parts),
    });
  const centred = row.sub(over(mean(row, parts)));
  const deviation = sqrt(mean(centred.mul(centred), parts).add(epsilon));
  return centred.div(over(deviation));
}

/**
 * A row divided by the root of the mean of its squares, or each of its equal parts so. Source: Zhang & Sennrich 2019,
 * arXiv:1910.07467.
 * @param epsilon added to the mean. Default 1e-6.
 */
export function normalizeRms(row: Expression, { parts = 1, epsilon = 1e-6 } = {}): Expression {
  const root = sqrt(mean(row.mul(row), parts).add(epsilon));
  return row.div(new Expression({ kind: 'spread', operand: root, like: row, parts }));
}

/** Limits each number to `low … high`. */
export const clip = (row: Expression, low: number, high: number): Expression => row.max(low).min(high);

function rowOperation(name: RowOperationName, row: Expression, parts: number): Expression {
  const operand = checkRow(name, row);
  return new Expression({ kind: 'rowOperation', name, operand, parts: checkCount(name, 'parts', parts) });
}

function checkRow(operation: string, row: unknown): Expression {
  if (row instanceof Expression) return row;
  throw new TypeError(`${operation}: expected a row, but was given ${row === null ? 'null' : typeof row}.`);
}

function checkCount(operation: string, what: string, count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new TypeError(`${operation}: ${what} must be a whole number of at least 1, but is ${count}.`);
}
