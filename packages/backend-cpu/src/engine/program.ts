import type { Program, ProgramRows, Rows } from '@sluice/core';
import { addRows, type Loop, loops } from './loops.js';

/** How many numbers of one value are worked on at a time: a program's values then stay in the first-level cache. */
const TILE = 1024;

interface Step {
  readonly loop: Loop;
  readonly result: number;
  readonly a: number;
  readonly b: number;
}

/** A program with a place for each of its values: a register, or right away where it is to be stored. */
export interface CompiledProgram {
  readonly units: number;
  readonly tileRows: number;
  readonly steps: readonly Step[];
  /** For each value: the register it lives in, or −1 when it is a load or is stored by its operation. */
  readonly registers: readonly number[];
  readonly registerMemory: readonly Float32Array[];
  /** For each value: the store it is written to by its operation, or −1. */
  readonly direct: readonly number[];
  readonly firstConstant: number;
  readonly constants: readonly Float32Array[];
  /** Stores that are copies of a value that lives elsewhere. */
  readonly copies: readonly { readonly value: number; readonly store: number }[];
  /** Stores that add up a value over the rows. */
  readonly sums: readonly { readonly value: number; readonly store: number; readonly total: Float64Array }[];
}

/** Assigns every value of a program its place. */
export function compile(program: Program, units: number): CompiledProgram {
  const { loads, constants, operations, stores } = program;
  const tileRows = Math.max(1, Math.floor(TILE / units));
  const firstResult = loads.length + constants.length;
  const count = firstResult + operations.length;
  const direct = Array<number>(count).fill(-1);
  const copies: { value: number; store: number }[] = [];
  const sums: { value: number; store: number; total: Float64Array }[] = [];
  stores.forEach(({ value, slot }, store) => {
    if (slot.kind === 'vectorCotangent') sums.push({ value, store, total: new Float64Array(units) });
    else if (value >= firstResult && direct[value] < 0) direct[value] = store;
    else copies.push({ value, store });
  });
  const registers = assignRegisters(program, firstResult, direct);
  const registerCount = Math.max(0, ...registers.map((register) => register + 1));
  return {
    units,
    tileRows,
    steps: operations.map(({ name, inputs }, i) => ({
      loop: loops[name],
      result: firstResult + i,
      a: inputs[0],
      b: inputs[1] ?? inputs[0],
    })),
    registers,
    registerMemory: Array.from({ length: registerCount }, () => new Float32Array(tileRows * units)),
    direct,
    firstConstant: loads.length,
    constants: constants.map((value) => new Float32Array(units).fill(value)),
    copies,
    sums,
  };
}

/** A register is free again after the last operation that reads it; what stores read stays to the end. */
function assignRegisters(
  { operations, stores }: Program,
  firstResult: number,
  direct: readonly number[],
): number[] {
  const lastUse = new Map<number, number>();
  operations.forEach(({ inputs }, i) => {
    for (const input of inputs) lastUse.set(input, i);
  });
  for (const { value } of stores) lastUse.set(value, operations.length);
  const registers = direct.map(() => -1);
  const free: number[] = [];
  let used = 0;
  operations.forEach(({ inputs }, i) => {
    const result = firstResult + i;
    if (direct[result] < 0) registers[result] = free.pop() ?? used++;
    for (const input of new Set(inputs)) {
      if (lastUse.get(input) === i && registers[input] >= 0) free.push(registers[input]);
    }
  });
  return registers;
}

/** Applies a program to `count` rows, a tile of rows at a time. */
export function run(
  program: CompiledProgram,
  { loads, stores }: ProgramRows<Float32Array>,
  count: number,
): void {
  const { units, tileRows, steps, registers, registerMemory, direct, firstConstant, constants } = program;
  const values: Rows<Float32Array>[] = direct.map((store, value) => {
    if (value < firstConstant) return loads[value];
    if (registers[value] >= 0) return { memory: registerMemory[registers[value]], offset: 0, stride: units };
    if (store >= 0) return stores[store];
    return { memory: constants[value - firstConstant], offset: 0, stride: 0 };
  });
  for (const { total } of program.sums) total.fill(0);
  for (let row = 0; row < count; row += tileRows) {
    const rows = Math.min(tileRows, count - row);
    const start = (value: number) =>
      registers[value] >= 0 ? 0 : values[value].offset + row * values[value].stride;
    for (const { loop, result, a, b } of steps) {
      const x = values[a];
      const y = values[b];
      const out = values[result];
      loop(
        out.memory,
        start(result),
        out.stride,
        x.memory,
        start(a),
        x.stride,
        y.memory,
        start(b),
        y.stride,
        rows,
        units,
      );
    }
    for (const { value, store } of program.copies) {
      const { memory, stride } = values[value];
      const to = stores[store];
      const at = to.offset + row * to.stride;
      loops.identity(to.memory, at, to.stride, memory, start(value), stride, memory, 0, 0, rows, units);
    }
    for (const { value, total } of program.sums) {
      addRows(total, values[value].memory, start(value), values[value].stride, rows, units);
    }
  }
  for (const { store, total } of program.sums) {
    const { memory, offset } = stores[store];
    for (let j = 0; j < units; j++) memory[offset + j] += total[j];
  }
}
