import type { ProductArguments } from '../fixed-kernels.js';
import { clearSums, PANEL, type RunProgram, SUMS, type Tools } from '../threads/chunks.js';

/**
 * A time loop as a block of 32-bit integers in memory, which a thread interprets. It begins with a header:
 *
 * | integer | meaning |
 * |---|---|
 * | 0 | the number of integers of the block; behind it is space for a copy |
 * | 1, 2 | time steps, operations of a step |
 * | 3 | rows |
 * | 4, 5 | the address of all sums, their count |
 *
 * The operations follow. Each has its kind, its number of integers, its number of moves, the moves and the arguments. The
 * arguments are those of a product and whether it is added, of the kernel `runRows`, or of a program: address and length of its code, the address of its sums, their count,
 * where they are added after each step, the entries of its rows.
 *
 * Each step adds the distance of a move, in bytes, to the argument that the move names.
 */
export const HEADER = 4;
export const OPERATION = 3;
export const MOVE = 2;
export const PRODUCT = 0;
export const PROGRAM = 1;
export const ROW_OPERATION = 2;
export const PRODUCT_ARGUMENTS = 11;
/** The arguments of a program before its entries. */
export const PROGRAM_ARGUMENTS = 5;

/** `result = left × right`, or `result += left × right`. */
export type Multiply = (accumulate: boolean, ...operands: ProductArguments) => void;

/** Multiplies on one thread. */
const multiplyOnOneThread =
  ({ fixed, scratch }: Tools): Multiply =>
  (accumulate, left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns) => {
    const panels = Math.ceil(columns / PANEL);
    // biome-ignore format: the arguments of `Multiply`, the first panel, the end of the panels, accumulation
    fixed.multiply(left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns, 0, panels, accumulate, scratch);
  };

/**
 * Runs the time loop in the block at an address. It works on a copy of the block, so that the loop can run again after a
 * worker is lost.
 */
export function runLoop(tools: Tools, block: number, multiply = multiplyOnOneThread(tools)): void {
  const { memory, fixed } = tools;
  const integers = new Int32Array(memory.buffer);
  const original = block >>> 2;
  const size = integers[original];
  const start = original + size;
  integers.copyWithin(start, original, start);
  const steps = integers[start + 1];
  const operations = integers[start + 2];
  const rows = integers[start + 3];
  clearSums(tools, (start + HEADER) * 4);
  const first = start + HEADER + SUMS;
  const runs: (RunProgram | null)[] = [];
  for (let at = first; runs.length < operations; at += integers[at + 1]) {
    const args = at + OPERATION + MOVE * integers[at + 2];
    runs.push(integers[at] !== PROGRAM ? null : tools.program(integers[args] >>> 0, integers[args + 1]));
  }
  for (let step = 0; step < steps; step++) {
    let at = first;
    for (let operation = 0; operation < operations; operation++) {
      const args = at + OPERATION + MOVE * integers[at + 2];
      const run = runs[operation];
      if (integers[at] === ROW_OPERATION) {
        fixed.runRows(
          integers[args],
          integers[args + 1],
          integers[args + 2],
          integers[args + 3],
          integers[args + 4],
          integers[args + 5],
          integers[args + 6],
          integers[args + 7],
        );
      } else if (run === null) {
        multiply(
          integers[args + 10] !== 0,
          integers[args],
          integers[args + 1],
          integers[args + 2],
          integers[args + 3],
          integers[args + 4],
          integers[args + 5],
          integers[args + 6],
          integers[args + 7],
          integers[args + 8],
          integers[args + 9],
        );
      } else {
        const sums = integers[args + 2];
        const length = integers[args + 3];
        // The sums of each step are formed separately, which rounds less.
        if (length > 0) fixed.clear(sums, length);
        run(rows, (args + PROGRAM_ARGUMENTS) * 4);
        if (length > 0) fixed.addRow(sums, integers[args + 4], length);
      }
      for (let move = at + OPERATION; move < args; move += MOVE) {
        integers[args + integers[move]] += integers[move + 1];
      }
      at += integers[at + 1];
    }
  }
}
