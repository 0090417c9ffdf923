import type { Program } from '@sluice/core/backend';
import { operations } from './operations.js';

/**
 * Writes a number as a WGSL literal of exactly its float32 value.
 * @throws RangeError when it is not finite: WGSL has no such constants.
 */
export function writeLiteral(value: number): string {
  if (!Number.isFinite(Math.fround(value))) {
    throw new RangeError(
      `An equation has the constant ${value}; on webgpu constants must be finite float32 numbers.`,
    );
  }
  if (Object.is(value, -0)) return '-0.0';
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Writes the statements that load and compute a program for one element, and the expression of each value. */
export function programValues<Place>(
  { loads, constants, operations: steps }: Program<Place>,
  load: (place: Place) => string,
): { readonly statements: string[]; value(index: number): string } {
  const constantAt = loads.length;
  const stepAt = constantAt + constants.length;
  const value = (index: number): string => {
    const isConstant = index >= constantAt && index < stepAt;
    return isConstant ? writeLiteral(constants[index - constantAt]) : `v${index}`;
  };
  const statements = [
    ...loads.map((place, i) => `let v${i} = ${load(place)};`),
    ...steps.map(({ name, inputs }, i) => {
      const [a, b = a, c = a] = inputs.map((input) =>
        name === 'mul' ? writeFactor(value(input)) : value(input),
      );
      return `let v${stepAt + i} = ${operations[name](parenthesize(a), parenthesize(b), parenthesize(c))};`;
    }),
  ];
  return { statements, value };
}

/** Compilers replace a product with a constant 0 by 0, even for NaN, so a uniform supplies the 0. */
const writeFactor = (operand: string): string => (operand === '0.0' ? 'f32(u.zero)' : operand);

/** Puts negative literals in brackets, because `a - -1.0` and `--1.0` are not WGSL. */
const parenthesize = (operand: string): string => (operand.startsWith('-') ? `(${operand})` : operand);
