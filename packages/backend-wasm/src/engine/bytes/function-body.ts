import { signed, unsigned } from './wasm-module.js';

export const OPCODES = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  i32Load: 0x28,
  i32Const: 0x41,
  i32EqualsZero: 0x45,
  i32LessThanUnsigned: 0x49,
  i32Add: 0x6a,
};
export const NO_RESULT = 0x40;
const SIMD = 0xfd;

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
  private integers: number;
  private readonly vectors: { count: number };
  /** Variables that can be used again. */
  private readonly free = new Set<number>();
  /** Variables used since the innermost `within` began; null outside of it. */
  private used: Set<number> | null = null;
  private readonly constants: Map<string, { readonly local: number; readonly bytes: readonly number[] }>;

  constructor(
    readonly parameters: number,
    readonly integerLocals: number,
  ) {
    this.integers = parameters;
    this.vectors = { count: 0 };
    this.constants = new Map();
  }

  get vectorLocals(): number {
    return this.vectors.count;
  }

  /** The code, after the constants' definitions. */
  get bytes(): number[] {
    const constants = [...this.constants.values()].flatMap(({ local, bytes }) => [
      ...[SIMD, ...unsigned(0x0c), ...bytes],
      ...[OPCODES.localSet, ...unsigned(local)],
    ]);
    return constants.concat(this.code, OPCODES.end);
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
    return this.parameters + this.integerLocals + this.vectors.count++;
  }

  /** A vector with the same 32 bits in all four lanes, set before all other code. */
  constantBits(bits: number): Vector {
    const lane = [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
    const key = lane.join();
    const found = this.constants.get(key);
    if (found) return { locals: [found.local] };
    // A new variable: a used one would have another value in the next turn of the loop.
    const local = this.newVariable();
    this.constants.set(key, { local, bytes: [...lane, ...lane, ...lane, ...lane] });
    return { locals: [local] };
  }

  setInteger(to: Integer, value: number): void {
    this.code.push(OPCODES.i32Const, ...signed(value));
    this.set(to.integer);
  }

  /** `to = *(address + offset)`. */
  loadInteger(to: Integer, address: Integer, offset: number): void {
    this.get(address.integer);
    this.code.push(OPCODES.i32Load);
    this.memoryOperand(offset);
    this.set(to.integer);
  }

  addInteger(to: Integer, other: Integer): void {
    this.get(to.integer);
    this.get(other.integer);
    this.code.push(OPCODES.i32Add, OPCODES.localSet, ...unsigned(to.integer));
  }

  addNumber(to: Integer, value: number): void {
    this.get(to.integer);
    this.code.push(OPCODES.i32Const, ...signed(value));
    this.code.push(OPCODES.i32Add, OPCODES.localSet, ...unsigned(to.integer));
  }

  /** Runs `body` `count` times, and counts `count` down to 0. */
  countDown(count: Integer, body: () => void): void {
    this.code.push(OPCODES.block, NO_RESULT);
    this.get(count.integer);
    this.code.push(OPCODES.i32EqualsZero, OPCODES.branchIf, ...unsigned(0));
    this.code.push(OPCODES.loop, NO_RESULT);
    body();
    this.addNumber(count, -1);
    this.get(count.integer);
    this.code.push(OPCODES.branchIf, ...unsigned(0), OPCODES.end, OPCODES.end);
  }

  /** Runs `body` and adds `step` to `counter`, as long as `counter` is below `end`; at least once. */
  countUp(counter: Integer, step: number, end: number, body: () => void): void {
    this.code.push(OPCODES.loop, NO_RESULT);
    body();
    this.addNumber(counter, step);
    this.get(counter.integer);
    this.code.push(OPCODES.i32Const, ...signed(end), OPCODES.i32LessThanUnsigned);
    this.code.push(OPCODES.branchIf, ...unsigned(0), OPCODES.end);
  }

  /** Loads four numbers, or one into the first lane, from `base + index` plus each offset; without an index from `base`. */
  load(base: Integer, index: Integer | null, lanes: 4 | 1, offsets: readonly number[]): Vector {
    const locals = offsets.map((offset) => {
      const local = this.newVector();
      this.address(base, index);
      this.simd(lanes === 4 ? 0x00 : 0x5c);
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
    this.simd(0x09);
    this.memoryOperand(offset);
    this.set(local);
    return { locals: [local] };
  }

  store(value: Vector, base: Integer, index: Integer | null, lanes: 4 | 1, offsets: readonly number[]): void {
    offsets.forEach((offset, group) => {
      this.address(base, index);
      this.get(localOf(value, group));
      this.simd(lanes === 4 ? 0x0b : 0x5a);
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
      if (bits !== undefined) this.code.push(OPCODES.i32Const, ...signed(bits));
      this.simd(opcode);
      this.set(local);
      return local;
    });
    return { locals };
  }

  protected get(local: number): void {
    this.code.push(OPCODES.localGet);
    this.unsigned(local);
  }

  protected set(local: number): void {
    this.code.push(OPCODES.localSet);
    this.unsigned(local);
  }

  protected simd(opcode: number): void {
    this.code.push(SIMD);
    this.unsigned(opcode);
  }

  /** An alignment of four bytes, and an offset. */
  private memoryOperand(offset: number): void {
    this.code.push(2);
    this.unsigned(offset);
  }

  /** Pushes LEB128 without a list of its own: most code is written once, before the compiler has optimised this. */
  private unsigned(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.code.push((rest & 127) | 128);
    this.code.push(rest);
  }

  private address(base: Integer, index: Integer | null): void {
    this.get(base.integer);
    if (index === null) return;
    this.get(index.integer);
    this.code.push(OPCODES.i32Add);
  }
}

export const localOf = ({ locals }: Vector, group: number): number =>
  locals.length === 1 ? locals[0] : locals[group];
