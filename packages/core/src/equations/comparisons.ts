/**
 * Comparisons and the choice between two rows. A comparison is 1 where it holds and 0 where it does not, with NaN too;
 * its derivative is 0. Comparisons combine as numbers: `.mul` is "and", `.max` "or", `.oneMinus()` "not".
 */
import { combine, Expression } from './expression.js';

type Operand = Expression | number;

/** 1 where `a > b`, else 0. */
export const greater = (a: Operand, b: Operand): Expression => combine('greater', a, b);
/** 1 where `a ≥ b`, else 0. */
export const greaterEqual = (a: Operand, b: Operand): Expression => combine('greaterEqual', a, b);
/** 1 where `a < b`, else 0. */
export const less = (a: Operand, b: Operand): Expression => combine('greater', b, a);
/** 1 where `a ≤ b`, else 0. */
export const lessEqual = (a: Operand, b: Operand): Expression => combine('greaterEqual', b, a);
/** 1 where `a` and `b` are equal, else 0. */
export const equal = (a: Operand, b: Operand): Expression => greaterEqual(a, b).mul(greaterEqual(b, a));
/** 1 where `a` and `b` are not equal, else 0; NaN is equal to nothing. */
export const notEqual = (a: Operand, b: Operand): Expression => equal(a, b).oneMinus();

/**
 * `a` where the condition is not 0, else `b`, element by element. NaN and infinities of what is not chosen do not pass.
 * The gradient goes to the chosen one, and none to the condition. (What is not chosen gets the cotangent 0; where its own
 * derivative is infinite or NaN, as that of `sqrt` below 0, the product is NaN: keep its argument in its domain.)
 *
 * @param condition most often a comparison, such as `greater(h, 0)`.
 * @throws TypeError when the condition is a number or a boolean, which JavaScript would choose by right away.
 */
export function where(condition: Expression, a: Operand, b: Operand): Expression {
  if (condition instanceof Expression) return combine('select', condition, a, b);
  throw new TypeError(
    `where: the condition must be an expression such as greater(h, 0), but is ${typeof condition}.`,
  );
}
