import { isDeviceNumber } from './check-definition.js';
import type { OperationName } from './operations.js';
import type { ParameterBlock } from './parameters.js';

/** What an expression stands for; built without any check, checked as a whole when the cell is traced. */
export type Term =
  | { readonly kind: 'input' }
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'vector'; readonly block: ParameterBlock }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'product'; readonly block: ParameterBlock; readonly operand: Expression }
  | { readonly kind: 'operation'; readonly name: OperationName; readonly inputs: readonly Expression[] };

/**
 * One row vector in a cell's equations: the input, a state, a parameter vector or anything computed from them.
 *
 * Expressions are immutable descriptions. Nothing is computed when they are combined; all arithmetic is element by
 * element, and a number stands for a row of that number.
 */
export class Expression {
  constructor(readonly term: Term) {}

  /**
   * Refuses JavaScript's own operators, which would turn an expression into NaN or text without a word.
   * @throws TypeError always.
   */
  [Symbol.toPrimitive](): never {
    throw new TypeError(
      'JavaScript operators and Math do not work on expressions. Use .add, .sub, .mul, .div, .neg, .oneMinus, .max, .min ' +
        'and functions such as tanh; instead of a condition where(greater(a, b), …, …).',
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
