import { type ActivationSetting, activation } from '../equations/activations.js';
import { isDeviceNumber } from '../equations/check-definition.js';
import type { Expression } from '../equations/expression.js';

/** The valid values of an option: a kind of value, or a list. */
type Allowed =
  | 'activation'
  | 'boolean'
  | 'number'
  | 'positive number'
  | 'positive whole number'
  | readonly (string | number)[];

/**
 * Checks a cell's options, which may come from a file. Absent and undefined options are fine.
 * @throws RangeError naming the cell, the option, what was given and what is possible.
 */
export function checkOptions(
  cell: string,
  options: object,
  allowed: Readonly<Record<string, Allowed>>,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const possible = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (possible === undefined) {
      throw new RangeError(
        `${cell} has no option '${name}'. Its options: ${Object.keys(allowed).join(', ')}.`,
      );
    }
    if (possible === 'activation') activation(value as ActivationSetting, `${cell}, ${name}: `);
    else if (!isOf(possible, value)) {
      const expected = typeof possible === 'string' ? `a ${possible}` : possible.join(' or ');
      const given = typeof value === 'number' ? value : JSON.stringify(value);
      throw new RangeError(`${cell}: ${name} must be ${expected}, but is ${given}.`);
    }
  }
}

function isOf(possible: Exclude<Allowed, 'activation'>, value: unknown): boolean {
  if (typeof possible !== 'string') return (possible as readonly unknown[]).includes(value);
  if (possible === 'boolean') return typeof value === 'boolean';
  if (possible === 'positive whole number') return Number.isInteger(value) && (value as number) > 0;
  return isDeviceNumber(value) && (possible === 'number' || value > 0);
}

/**
 * The units of one head.
 * @throws RangeError when the heads do not divide the units.
 */
export function partSize(cell: string, units: number, heads: number): number {
  if (units % heads === 0) return units / heads;
  throw new RangeError(`${cell}: the units must be divisible by the ${heads} heads, but are ${units}.`);
}

/**
 * Refuses options that exclude another one.
 * @throws RangeError naming both.
 */
export function refuseTogether(
  cell: string,
  option: string,
  others: Readonly<Record<string, unknown>>,
): void {
  const given = Object.keys(others).find((other) => others[other]);
  if (given !== undefined) throw new RangeError(`${cell}: ${option} cannot be combined with ${given}.`);
}

/** Limits pre-activations to ±threshold, or returns them unchanged. Source: the attribute `clip` of ONNX's RNN, GRU, LSTM. */
export const clipTo =
  (threshold: number | undefined) =>
  (row: Expression): Expression =>
    threshold === undefined ? row : row.max(-threshold).min(threshold);
