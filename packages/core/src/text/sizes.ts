/** Lengths of rows as sums of inputSize, units and a number. */
import type { Sizes } from '../equations/parameters.js';

export interface Length {
  readonly inputSize: number;
  readonly units: number;
  readonly constant: number;
}

export const constantLength = (constant: number): Length => ({ inputSize: 0, units: 0, constant });
export const UNITS: Length = { inputSize: 0, units: 1, constant: 0 };
export const INPUT_SIZE: Length = { inputSize: 1, units: 0, constant: 0 };

export const isOne = (length: Length | undefined): boolean =>
  length !== undefined && length.inputSize === 0 && length.units === 0 && length.constant === 1;

/** `a + factor · b` */
export const combineLengths = (a: Length, b: Length, factor = 1): Length => ({
  inputSize: a.inputSize + factor * b.inputSize,
  units: a.units + factor * b.units,
  constant: a.constant + factor * b.constant,
});

export const lengthKey = ({ inputSize, units, constant }: Length): string =>
  `${inputSize} ${units} ${constant}`;

export const resolveLength = (length: Length, sizes: Sizes): number =>
  length.inputSize * sizes.inputSize + length.units * sizes.units + length.constant;

/** A length in words, as `2 units + 3`; undefined if it is none. */
export function parseLength(text: string): Length | undefined {
  let total = constantLength(0);
  for (const term of text.split('+')) {
    const match = /^\s*(\d{1,9})?\s*[*·]?\s*(units|inputSize)?\s*$/.exec(term);
    if (!match || (match[1] === undefined && match[2] === undefined)) return undefined;
    const count = match[1] === undefined ? 1 : Number(match[1]);
    const unit = match[2] === undefined ? constantLength(1) : match[2] === 'units' ? UNITS : INPUT_SIZE;
    total = combineLengths(total, unit, count);
  }
  return lengthKey(total) === '0 0 0' ? undefined : total;
}
