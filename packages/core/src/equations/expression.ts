import { isDeviceNumber } from './check-definition.js';
import type { OperationName } from './operations.js';
import type { ParameterBlock } from './parameters.js';
import type { RowOperationName } from './row-operations.js';

/** The content of an expression. It is created without checks; tracing checks the whole cell. */
export type Term =
  | { readonly kind: 'input' }
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'vector'; readonly block: ParameterBlock }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'product'; readonly block: ParameterBlock; readonly operand: Expression }
  | { readonly kind: 'operation'; readonly name: OperationName; readonly inputs: readonly Expression[] }
  | {
      readonly kind: 'rowOperation';
      readonly name: RowOperationName;
      readonly parts: number;
      readonly operand: Expression;
    }
  | { readonly kind: 'mean'; readonly operand: Expression; readonly parts: number }
  /** One number for each part of a row like `like`, as a row of that length. */
  | {
      readonly kind: 'spread';
      readonly operand: Expression;
      readonly like: Expression;
      readonly parts: number;
    }
  /** A row of zeros. */
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'concat'; readonly inputs: readonly Expression[] }
  | {
      readonly kind: 'slice';
      readonly operand: Expression;
      readonly start: number;
      readonly length: number;
    }
  /** One of the equal parts of a row. */
  | { readonly kind: 'part'; readonly operand: Expression; readonly index: number; readonly parts: number };

/**
 * One row vector in a cell's equations: the input, a state, a parameter vector or anything computed from them.
 *
 * Expressions are immutable descriptions. Nothing is computed when they are combined; all arithmetic is element by
 * element. A number, or a row of one number, stands for a row of that number.
 */
export class Expression {
  constructor(readonly term: Term) {}

  /**
   * Refuses JavaScript's own operators, which would silently turn an expression into NaN or text.
   * @throws TypeError always.
   */
  [Symbol.toPrimitive](): never {
    throw new TypeError(
      'JavaScript operators and Math do not work on expressions. Use methods such as .add and functions such as tanh ' +
        'and where(greater(a, b), …, …).',
    );
  }

  /** Element-wise sum. */
  add(other: Expression | number): Expression {
    return combine('add', this, other);
  }
  /** Element-wise difference `this − other`. */
  sub(other: Expression | number): Expression {
    return combine('sub', this, other);
  }
  /** Element-wise (Hadamard) product. */
  mul(other: Expression | number): Expression {
    return combine('mul', this, other);
  }
  /** Element-wise quotient `this / other`. */
  div(other: Expression | number): Expression {
    return combine('div', this, other);
  }
  /** `−this`. */
  neg(): Expression {
    return combine('neg', this);
  }
  /** `1 − this`. */
  oneMinus(): Expression {
    return combine('oneMinus', this);
  }
  /** The smaller of each two elements, NaN where either is. Where they are equal, the derivative is `this` row's. */
  min(other: Expression | number): Expression {
    return combine('min', this, other);
  }
  /** The larger of each two elements, NaN where either is. Where they are equal, the derivative is the `other` row's. */
  max(other: Expression | number): Expression {
    return combine('max', this, other);
  }
}

/**
 * An operation applied to expressions and numbers.
 * @throws TypeError naming the operation and the operand when an operand is neither an expression nor a number.
 */
export function combine(name: OperationName, ...inputs: (Expression | number)[]): Expression {
  return new Expression({
    kind: 'operation',
    name,
    inputs: inputs.map((input) => toExpression(name, input)),
  });
}

function toExpression(name: OperationName, value: unknown): Expression {
  if (value instanceof Expression) return value;
  if (typeof value === 'number') return new Expression({ kind: 'constant', value: finite(name, value) });
  const given = value === undefined ? 'undefined (is a block or state of that name declared?)' : typeof value;
  throw new TypeError(`${name}: every operand must be an expression or a number, but one is ${given}.`);
}

function finite(name: string, value: number): number {
  if (isDeviceNumber(value)) return value;
  const given = Number.isFinite(value) ? `${value}, too large for float32` : value;
  throw new TypeError(`${name}: a number in an equation must be finite, but is ${given}.`);
}

/** An operand of a comparison. */
type Operand = Expression | number;

// A comparison is 1 where it holds and 0 elsewhere, also for NaN; its derivative is 0. Comparisons combine as numbers:
// `.mul` is "and", `.max` is "or", `.oneMinus()` is "not".

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
 * `a` where the condition is not 0, else `b`, element by element. NaN and infinities of the other operand do not matter.
 * The chosen operand gets the cotangent, the other operand and the condition get 0. (If the other operand's derivative is
 * infinite or NaN, as that of `sqrt` below 0, its product with 0 is NaN: keep its argument in its domain.)
 *
 * @param condition a row, most often a comparison such as `greater(h, 0)`.
 * @throws TypeError when the condition is a number or a boolean.
 */
export function where(condition: Expression, a: Operand, b: Operand): Expression {
  if (condition instanceof Expression) return combine('select', condition, a, b);
  throw new TypeError(
    `where: the condition must be an expression such as greater(h, 0), but is ${typeof condition}.`,
  );
}
