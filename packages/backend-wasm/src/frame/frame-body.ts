import {
  type Address,
  FunctionBody,
  type Integer,
  localOf,
  OPCODES,
  type Vector,
} from '../engine/bytes/function-body.js';
import { Lanes } from '../engine/bytes/lanes.js';
import { signed, unsigned } from '../engine/bytes/wasm-module.js';

const CALL = 0x10;

/** The code of a function with what frames need besides: calls, addresses, sums in variables. Pages with the engine do not load it. */
export class FrameBody extends FunctionBody {
  /** `to = from + offset`. */
  setAddress(to: Integer, from: Integer, offset: number): void {
    this.pushAddress(from, offset);
    this.set(to.integer);
  }

  /** Calls a function of the module with addresses and numbers. */
  call(index: number, values: readonly (Address | number)[]): void {
    for (const value of values) {
      if (typeof value === 'number') this.code.push(OPCODES.i32Const, ...signed(value));
      else this.pushAddress(value.base, value.offset);
    }
    this.code.push(CALL, ...unsigned(index));
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

  /** Four of the eight numbers of two vectors: 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle(a: Vector, b: Vector, numbers: readonly number[]): Vector {
    const local = this.newVector();
    this.get(a.locals[0]);
    this.get(b.locals[0]);
    this.simd(0x0d);
    for (const number of numbers) for (let byte = 0; byte < 4; byte++) this.code.push(number * 4 + byte);
    this.set(local);
    return { locals: [local] };
  }

  private pushAddress(base: Integer, offset: number): void {
    this.get(base.integer);
    if (offset !== 0) this.code.push(OPCODES.i32Const, ...signed(offset), OPCODES.i32Add);
  }
}

/** Arithmetic with whole numbers of 16 and 32 bits besides. */
export class FrameLanes extends Lanes {
  /** The larger of 32-bit integers. */
  readonly maxWhole = this.operation(0xb8);
  /** Two vectors of 32-bit integers as one of 16-bit integers. */
  readonly narrow = this.operation(0x85);
  /** Products of 16-bit integers, added in pairs to 32-bit integers. */
  readonly dot = this.operation(0xba);
}
