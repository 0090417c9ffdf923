import type { Program, ProgramRows, RowAccess, Rows } from '@sluice/core/backend';
import { fuse, type Pass } from './fuse.js';

/** The length of a tile: with tiles of this length a program's values stay in the first-level cache. */
const TILE = 1024;

/** A program with a place for each value: a register, or the destination of its store. */
export interface CompiledProgram {
  readonly units: number;
  readonly tileRows: number;
  readonly passes: readonly Pass[];
  /** The register of each value; −1 for loads and for values that their operation stores. */
  readonly registers: readonly number[];
  readonly registerMemory: readonly Float32Array[];
  /** The store to which each value's operation writes, or −1. */
  readonly direct: readonly number[];
  readonly firstConstant: number;
  readonly constants: readonly Float32Array[];
  /** Loads of one number for each row: the rows of a tile in full. */
  readonly spread: readonly { readonly load: number; readonly memory: Float32Array }[];
  /** Stores that copy a value from another place. */
  readonly copies: readonly { readonly value: number; readonly store: number }[];
  /** Stores that sum a value over the rows. */
  readonly sums: readonly { readonly value: number; readonly store: number; readonly total: Float64Array }[];
}

/** Assigns a place to every value of a program. */
export function compile(program: Program<RowAccess>, units: number): CompiledProgram {
  const { loads, constants, operations, stores } = program;
  const tileRows = Math.max(1, Math.floor(TILE / units));
  const firstResult = loads.length + constants.length;
  const count = firstResult + operations.length;
  const direct = Array<number>(count).fill(-1);
  const copies: { value: number; store: number }[] = [];
  const sums: { value: number; store: number; total: Float64Array }[] = [];
  stores.forEach(({ value, slot }, store) => {
    if (slot.sum) sums.push({ value, store, total: new Float64Array(units) });
    else if (value >= firstResult && direct[value] < 0) direct[value] = store;
    else copies.push({ value, store });
  });
  const passes = fuse(program);
  const registers = assignRegisters(program, passes, direct);
  const registerCount = Math.max(0, ...registers.map((register) => register + 1));
  return {
    units,
    tileRows,
    passes,
    registers,
    registerMemory: Array.from({ length: registerCount }, () => new Float32Array(tileRows * units)),
    direct,
    firstConstant: loads.length,
    constants: constants.map((value) => new Float32Array(units).fill(value)),
    spread: loads.flatMap(({ spread }, load) =>
      spread ? [{ load, memory: new Float32Array(tileRows * units) }] : [],
    ),
    copies,
    sums,
  };
}

/** A register is free after the last pass that reads it; registers that stores read are used to the end. */
function assignRegisters(
  { stores }: Program<RowAccess>,
  passes: readonly Pass[],
  direct: readonly number[],
): number[] {
  const lastUse = new Map<number, number>();
  passes.forEach(({ operands }, i) => {
    for (const operand of operands) lastUse.set(operand, i);
  });
  for (const { value } of stores) lastUse.set(value, passes.length);
  const registers = direct.map(() => -1);
  const free: number[] = [];
  let used = 0;
  passes.forEach(({ result, operands }, i) => {
    if (direct[result] < 0) registers[result] = free.pop() ?? used++;
    for (const operand of new Set(operands)) {
      if (lastUse.get(operand) === i && registers[operand] >= 0) free.push(registers[operand]);
    }
  });
  return registers;
}

/** Applies a program to `count` rows from row `first`, one tile of rows at a time. */
export function run(
  program: CompiledProgram,
  { loads, stores }: ProgramRows<Float32Array>,
  first: number,
  count: number,
): void {
  const { units, tileRows, passes, registers, registerMemory, direct, firstConstant, constants } = program;
  const values: Rows<Float32Array>[] = direct.map((store, value) => {
    if (value < firstConstant) return loads[value];
    if (registers[value] >= 0) return { memory: registerMemory[registers[value]], offset: 0, stride: units };
    if (store >= 0) return stores[store];
    return { memory: constants[value - firstConstant], offset: 0, stride: 0 };
  });
  for (const { load, memory } of program.spread) values[load] = { memory, offset: 0, stride: units };
  const inTile = registers.map((register) => register >= 0);
  for (const { load } of program.spread) inTile[load] = true;
  for (const { total } of program.sums) total.fill(0);
  const end = first + count;
  for (let row = first; row < end; row += tileRows) {
    const rows = Math.min(tileRows, end - row);
    const starts = values.map(({ offset, stride }, value) => offset + (inTile[value] ? 0 : row * stride));
    for (const { load, memory } of program.spread) {
      const { memory: from, offset, stride } = loads[load];
      for (let r = 0; r < rows; r++) {
        memory.fill(from[offset + (row + r) * stride], r * units, (r + 1) * units);
      }
    }
    for (const { loop, result, operands } of passes) {
      const [a, b = a, c = a] = operands;
      const out = values[result];
      const x = values[a];
      const y = values[b];
      const z = values[c];
      for (let r = 0; r < rows; r++) {
        const o = starts[result] + r * out.stride;
        const i = starts[a] + r * x.stride;
        const j = starts[b] + r * y.stride;
        const k = starts[c] + r * z.stride;
        loop(out.memory, o, x.memory, i, y.memory, j, z.memory, k, units);
      }
    }
    for (const { value, store } of program.copies) {
      const { memory, stride } = values[value];
      const to = stores[store];
      for (let r = 0; r < rows; r++) {
        const from = starts[value] + r * stride;
        const at = to.offset + (row + r) * to.stride;
        for (let n = 0; n < units; n++) to.memory[at + n] = memory[from + n];
      }
    }
    for (const { value, total } of program.sums) {
      const { memory, stride } = values[value];
      for (let r = 0; r < rows; r++) {
        const from = starts[value] + r * stride;
        addRow(total, memory, from, units);
      }
    }
  }
  for (const { store, total } of program.sums) {
    const { memory, offset } = stores[store];
    for (let j = 0; j < units; j++) memory[offset + j] += total[j];
  }
}

/**
 * A program on one row of each place, as a function that allocates nothing. It has no sums.
 *
 * @param loads the arrays of the loads and the numbers at which their rows begin; `stores` likewise.
 */
export function bindRow(
  program: CompiledProgram,
  loads: readonly RowPlace[],
  stores: readonly RowPlace[],
): () => void {
  const { units, passes, registers, registerMemory, direct, firstConstant, constants } = program;
  const values = direct.map((store, value): RowPlace => {
    if (value < firstConstant) return loads[value];
    if (registers[value] >= 0) return { memory: registerMemory[registers[value]], start: 0 };
    return store >= 0 ? stores[store] : { memory: constants[value - firstConstant], start: 0 };
  });
  for (const { load, memory } of program.spread) values[load] = { memory, start: 0 };
  const bound = passes.map(({ loop, result, operands: [a, b = a, c = a] }) => {
    const [out, x, y, z] = [result, a, b, c].map((value) => values[value]);
    return () => loop(out.memory, out.start, x.memory, x.start, y.memory, y.start, z.memory, z.start, units);
  });
  return () => {
    for (const { load, memory } of program.spread) {
      const from = loads[load];
      memory.fill(from.memory[from.start], 0, units);
    }
    for (const pass of bound) pass();
    for (const { value, store } of program.copies) {
      const [from, to] = [values[value], stores[store]];
      for (let n = 0; n < units; n++) to.memory[to.start + n] = from.memory[from.start + n];
    }
  };
}

/** A row in an array. */
export interface RowPlace {
  readonly memory: Float32Array;
  readonly start: number;
}

/** `total += row`, four numbers a turn: see the ladder in `cheap-loops.ts`. */
function addRow(total: Float64Array, memory: Float32Array, from: number, length: number): void {
  let n = 0;
  for (; n + 4 <= length; n += 4) {
    const i = from + n;
    total[n] += memory[i];
    total[n + 1] += memory[i + 1];
    total[n + 2] += memory[i + 2];
    total[n + 3] += memory[i + 3];
  }
  for (; n < length; n++) total[n] += memory[from + n];
}
