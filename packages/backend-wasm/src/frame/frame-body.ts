import {
  type Address,
  FunctionBody,
  type Integer,
  localOf,
  type Vector,
} from '../engine/bytes/function-body.js';
import {
  BLOCK,
  BRANCH_IF,
  CALL,
  END,
  I32_ADD,
  I32_EQUALS_ZERO,
  LOOP,
  NO_RESULT,
} from '../engine/bytes/opcodes.js';
import { unsigned } from '../engine/bytes/wasm-module.js';

/** The code of a function with what frames need besides: calls, addresses, sums in variables. Pages with the engine do not load it. */
export class FrameBody extends FunctionBody {
  /** `to = from + offset`. */
  setAddress(to: Integer, from: Integer, offset: number): void {
    this.pushAddress(from, offset);
    this.set(to.integer);
  }

  /**
   * Runs `body` `count` times, and counts `count` down to 0; at least once. A turn of the loop has the body `unrolled` times, for
   * the steps 0, 1, …, then `advance`. It leaves the loop behind any step, without `advance`, so each step is a basic block of
   * its own.
   */
  countDownUnrolled(
    count: Integer,
    unrolled: number,
    body: (step: number) => void,
    advance: () => void,
  ): void {
    this.code.push(BLOCK, NO_RESULT, LOOP, NO_RESULT);
    for (let step = 0; step < unrolled; step++) {
      const isLast = step === unrolled - 1;
      body(step);
      if (isLast) advance();
      this.addNumber(count, -1);
      this.get(count.integer);
      if (isLast) this.code.push(BRANCH_IF, 0);
      else this.code.push(I32_EQUALS_ZERO, BRANCH_IF, 1);
    }
    this.code.push(END, END);
  }

  /** Calls a function of the module with addresses and numbers. */
  call(index: number, values: readonly (Address | number)[]): void {
    for (const value of values) {
      if (typeof value === 'number') this.number(value);
      else this.pushAddress(value.base, value.offset);
    }
    this.code.push(CALL);
    unsigned(index, this.code);
  }

  /** A variable for vectors, with a value that later assignments replace. */
  variable(value: Vector): Vector {
    const variable = { locals: value.locals.map(() => this.newVector()) };
    this.assign(variable, value);
    return variable;
  }

  assign(variable: Vector, value: Vector): void {
    variable.locals.forEach((local, group) => {
      this.get(localOf(value, group));
      this.set(local);
    });
  }

  private pushAddress(base: Integer, offset: number): void {
    this.get(base.integer);
    if (offset === 0) return;
    this.number(offset);
    this.code.push(I32_ADD);
  }
}
