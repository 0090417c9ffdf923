import {
  BLOCK,
  BRANCH_IF,
  END,
  I32_ADD,
  I32_CONST,
  I32_EQUALS_ZERO,
  I32_LESS_THAN_UNSIGNED,
  I32_LOAD,
  LOCAL_GET,
  LOCAL_SET,
  LOOP,
  NO_RESULT,
  SIMD,
  V128_CONST,
  V128_LOAD,
  V128_LOAD_SPLAT,
  V128_LOAD_ZERO,
  V128_STORE,
  V128_STORE_LANE,
} from './opcodes.js';
import { signed, unsigned } from './wasm-module.js';

/** A local variable with a 32-bit integer. */
export type Integer = { readonly integer: number };
/** A place in the memory: an address in a variable, and bytes from there. */
export type Address = { readonly base: Integer; readonly offset: number };
/**
 * Local variables with four float32 numbers each: one for each group of elements that is computed at the same time, or a
 * single one that all groups share. Each keeps its value until it is discarded.
 */
export type Vector = { readonly locals: readonly number[] };

/**
 * The code of one function. Its local variables are the parameters, a fixed number of integers, and as many vectors as the
 * code needs at the same time. The runtime's compiler assigns registers.
 */
export class FunctionBody {
  protected readonly code: number[] = [];
  /** The number of variables for vectors. */
  vectorLocals = 0;
  private integers: number;
  /** Variables that can be used again. */
  private readonly free = new Set<number>();
  /** Variables used since the innermost `within` began; null outside of it. */
  private used: Set<number> | null = null;
  /** The variable of each constant, by its bits. */
  private readonly constants = new Map<number, number>();

  constructor(
    readonly parameters: number,
    readonly integerLocals: number,
  ) {
    this.integers = parameters;
  }

  /** The code, after the constants' definitions. */
  get bytes(): number[] {
    const constants = [...this.constants].flatMap(([bits, local]) => {
      const lane = [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
      return [SIMD, V128_CONST, ...lane, ...lane, ...lane, ...lane, LOCAL_SET, ...unsigned(local)];
    });
    return constants.concat(this.code, END);
  }

  parameter(index: number): Integer {
    return { integer: index };
  }

  integer(): Integer {
    if (this.integers === this.parameters + this.integerLocals) {
      throw new Error(`the function has only ${this.integerLocals} integers`);
    }
    return { integer: this.integers++ };
  }

  /**
   * Calls `write` and frees all variables that it used except its result. Runtimes refuse functions of more than 50,000
   * variables.
   */
  within<Result extends Vector | undefined>(write: () => Result): Result {
    const outer = this.used;
    const used = new Set<number>();
    this.used = used;
    const result = write();
    for (const local of used) {
      if (!result?.locals.includes(local)) this.free.add(local);
      outer?.add(local);
    }
    this.used = outer;
    return result;
  }

  /** Frees the variables of a vector that is not read any more. */
  discard({ locals }: Vector): void {
    for (const local of locals) this.free.add(local);
  }

  protected newVector(): number {
    const [reused] = this.free;
    const local = reused ?? this.newVariable();
    this.free.delete(local);
    this.used?.add(local);
    return local;
  }

  private newVariable(): number {
    return this.parameters + this.integerLocals + this.vectorLocals++;
  }

  /** A vector with the same 32 bits in all four lanes, set before all other code. */
  constantBits(bits: number): Vector {
    // A new variable: a used one would have another value in the next turn of the loop.
    const local = this.constants.get(bits) ?? this.newVariable();
    this.constants.set(bits, local);
    return { locals: [local] };
  }

  setInteger(to: Integer, value: number): void {
    this.number(value);
    this.set(to.integer);
  }

  /** `to = *(address + offset)`. */
  loadInteger(to: Integer, address: Integer, offset: number): void {
    this.get(address.integer);
    this.code.push(I32_LOAD);
    this.memoryOperand(offset);
    this.set(to.integer);
  }

  addInteger(to: Integer, other: Integer): void {
    this.get(to.integer);
    this.get(other.integer);
    this.code.push(I32_ADD);
    this.set(to.integer);
  }

  addNumber(to: Integer, value: number): void {
    this.get(to.integer);
    this.number(value);
    this.code.push(I32_ADD);
    this.set(to.integer);
  }

  /** Runs `body` `count` times, and counts `count` down to 0. */
  countDown(count: Integer, body: () => void): void {
    this.code.push(BLOCK, NO_RESULT);
    this.get(count.integer);
    this.code.push(I32_EQUALS_ZERO, BRANCH_IF, 0, LOOP, NO_RESULT);
    body();
    this.addNumber(count, -1);
    this.get(count.integer);
    this.code.push(BRANCH_IF, 0, END, END);
  }

  /** Runs `body` and adds `step` to `counter`, as long as `counter` is below `end`; at least once. */
  countUp(counter: Integer, step: number, end: number, body: () => void): void {
    this.code.push(LOOP, NO_RESULT);
    body();
    this.addNumber(counter, step);
    this.get(counter.integer);
    this.number(end);
    this.code.push(I32_LESS_THAN_UNSIGNED, BRANCH_IF, 0, END);
  }

  /** Loads four numbers, or one into the first lane, from `base + index` plus each offset; without an index from `base`. */
  load(base: Integer, index: Integer | null, lanes: 4 | 1, offsets: readonly number[]): Vector {
    const locals = offsets.map((offset) => {
      const local = this.newVector();
      this.address(base, index);
      this.simd(lanes === 4 ? V128_LOAD : V128_LOAD_ZERO);
      this.memoryOperand(offset);
      this.set(local);
      return local;
    });
    return { locals };
  }

  /** Loads the number at `base + offset` into all lanes. */
  loadSpread(base: Integer, offset = 0): Vector {
    const local = this.newVector();
    this.get(base.integer);
    this.simd(V128_LOAD_SPLAT);
    this.memoryOperand(offset);
    this.set(local);
    return { locals: [local] };
  }

  store(value: Vector, base: Integer, index: Integer | null, lanes: 4 | 1, offsets: readonly number[]): void {
    offsets.forEach((offset, group) => {
      this.address(base, index);
      this.get(localOf(value, group));
      this.simd(lanes === 4 ? V128_STORE : V128_STORE_LANE);
      this.memoryOperand(offset);
      if (lanes === 1) this.code.push(0);
    });
  }

  /** Writes an instruction on vectors, with a count of bits if it needs one, for every group of elements. */
  instruction(opcode: number, operands: readonly Vector[], bits?: number): Vector {
    const groups = Math.max(...operands.map(({ locals }) => locals.length));
    const locals = Array.from({ length: groups }, (_, group) => {
      const local = this.newVector();
      for (const operand of operands) this.get(localOf(operand, group));
      if (bits !== undefined) this.number(bits);
      this.simd(opcode);
      this.set(local);
      return local;
    });
    return { locals };
  }

  /** Pushes a 32-bit integer. */
  protected number(value: number): void {
    this.code.push(I32_CONST);
    signed(value, this.code);
  }

  protected get(local: number): void {
    this.code.push(LOCAL_GET);
    unsigned(local, this.code);
  }

  protected set(local: number): void {
    this.code.push(LOCAL_SET);
    unsigned(local, this.code);
  }

  protected simd(opcode: number): void {
    this.code.push(SIMD);
    unsigned(opcode, this.code);
  }

  /** An alignment of four bytes, and an offset. */
  private memoryOperand(offset: number): void {
    this.code.push(2);
    unsigned(offset, this.code);
  }

  private address(base: Integer, index: Integer | null): void {
    this.get(base.integer);
    if (index === null) return;
    this.get(index.integer);
    this.code.push(I32_ADD);
  }
}

export const localOf = ({ locals }: Vector, group: number): number =>
  locals.length === 1 ? locals[0] : locals[group];
