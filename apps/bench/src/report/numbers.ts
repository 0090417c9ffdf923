import { isMeasured, isWrong, type Measured, type Result } from '../results.js';

/** Three significant digits, and every digit before the point. */
export function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A unit of time: its name and how many make a millisecond. */
export interface Unit {
  readonly name: string;
  readonly perMillisecond: number;
}

const MILLISECONDS: Unit = { name: 'ms', perMillisecond: 1 };
const MICROSECONDS: Unit = { name: 'µs', perMillisecond: 1000 };
/** Results whose fastest median is below this are shown in microseconds. */
const SHORT_MS = 0.1;

/** The unit in which all of these are shown. */
export const unitOf = (results: readonly Measured[]): Unit =>
  fastest(results) < SHORT_MS ? MICROSECONDS : MILLISECONDS;

export const timeIn = (unit: Unit, milliseconds: number): string =>
  threeDigits(milliseconds * unit.perMillisecond);

/** The least median; Infinity of nothing. */
export const fastest = (results: readonly Measured[]): number =>
  Math.min(...results.map(({ medianMs }) => medianMs));

/** Those that take part in a comparison: measured, and not wrong. */
export const rankedOf = (results: readonly Result[]): Measured[] =>
  results.filter(isMeasured).filter((result) => !isWrong(result));

/** GFLOP/s of the matrix products alone, if they took the whole time. */
export const speedOf = ({ flops, medianMs }: Measured): number => flops / medianMs / 1e6;

export const errorText = (maxError: number): string =>
  Number.isFinite(maxError) ? maxError.toExponential(1) : 'not finite';
