import type { Program, Slot } from '@sluice/core/backend';
import { operations } from './operations.js';

/** Where a device has the rows of a program's slots: expressions that read a number, statements that write one. */
export interface Places {
  load(slot: Slot): string;
  store(slot: Slot, value: string): string;
}

/**
 * A number as a WGSL literal that is exactly its float32.
 * @throws RangeError when it is not finite: WGSL has no such constants.
 */
export function literal(value: number): string {
  if (!Number.isFinite(Math.fround(value))) {
    throw new RangeError(
      `An equation has the constant ${value}; on webgpu constants must be finite float32 numbers.`,
    );
  }
  if (Object.is(value, -0)) return '-0.0';
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The values of a program for one number of each of its rows: the statements that find them, and the expression of each. */
export function programValues(
  { loads, constants, operations: steps }: Program,
  load: Places['load'],
): { readonly statements: string[]; value(index: number): string } {
  const constantAt = loads.length;
  const stepAt = constantAt + constants.length;
  const value = (index: number): string => {
    const isConstant = index >= constantAt && index < stepAt;
    return isConstant ? literal(constants[index - constantAt]) : `v${index}`;
  };
  const statements = [
    ...loads.map((slot, i) => `let v${i} = ${load(slot)};`),
    ...steps.map(({ name, inputs }, i) => {
      const [a, b = a, c = a] = inputs.map((input) => (name === 'mul' ? factor(value(input)) : value(input)));
      return `let v${stepAt + i} = ${operations[name](wrapped(a), wrapped(b), wrapped(c))};`;
    }),
  ];
  return { statements, value };
}

/** The statements of a program for one number of each of its rows. All loads come before the first store. */
export function programStatements(program: Program, places: Places): string[] {
  const { statements, value } = programValues(program, places.load);
  return [...statements, ...program.stores.map((store) => places.store(store.slot, value(store.value)))];
}

/** Compilers make 0 of a product with a constant 0, also for NaN: so the 0 comes from the uniform that every kernel may read. */
const factor = (operand: string): string => (operand === '0.0' ? 'f32(u.zero)' : operand);

/** Negative literals in brackets, for `a - -1.0` and `--1.0` are not WGSL. */
const wrapped = (operand: string): string => (operand.startsWith('-') ? `(${operand})` : operand);
