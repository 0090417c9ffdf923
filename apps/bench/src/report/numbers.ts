import { fastest, type Measured } from '../run/results.js';

/** Three significant digits, and every digit before the point. */
export function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A unit of time, and how many of it are a millisecond. */
export interface Unit {
  readonly name: string;
  readonly perMillisecond: number;
}

/** Results whose fastest median is below this are shown in microseconds. */
const SHORT_MS = 0.1;

/** The unit for all of these results. */
export const unitOf = (results: readonly Measured[]): Unit =>
  fastest(results) < SHORT_MS ? { name: 'µs', perMillisecond: 1000 } : { name: 'ms', perMillisecond: 1 };

export const timeIn = (unit: Unit, milliseconds: number): string =>
  threeDigits(milliseconds * unit.perMillisecond);

export const errorText = (maxError: number): string =>
  Number.isFinite(maxError) ? maxError.toExponential(1) : 'not finite';

/** A column of a table: its heading, the cell of a row, and an explanation. */
export type Column<Row, Cell = string> = readonly [heading: string, cell: (row: Row) => Cell, title?: string];
