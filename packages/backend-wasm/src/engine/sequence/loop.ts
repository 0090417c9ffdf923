import type { ProductArguments } from '../fixed-kernels.js';
import { PANEL, PREPARATION, prepareRows, type RunProgram, START, type Tools } from '../threads/chunks.js';

/**
 * A time loop as a block of whole numbers of 32 bits in memory, which a thread steps through. It begins with a header:
 *
 * | number | what |
 * |---|---|
 * | 0 | how many numbers the block has; behind it is room for as many |
 * | 1, 2 | steps, operations of a step |
 * | 3 | rows |
 * | from 4 on | what `prepareRows` reads: sums, starts |
 *
 * Then follow the operations: kind, how many numbers it has, how many moves; the moves; a product's arguments, or a program's:
 * address and length of its code, its sums at a step, how many they are, where they are added up, the entries of its rows.
 * A move says which of these arguments is an address that goes on after the step, by how many bytes, and what that number is
 * then multiplied by: −1 where rows alternate, else 1.
 */
export const HEADER = 4;
export const OPERATION = 3;
export const MOVE = 3;
export const PRODUCT = 0;
export const PROGRAM = 1;
export const PRODUCT_ARGUMENTS = 10;
/** A program's arguments in front of its entries. */
export const PROGRAM_ARGUMENTS = 5;

/** `result = left × right`. */
export type Multiply = (...given: ProductArguments) => void;

/** Products by one thread. */
const alone =
  ({ fixed, scratch }: Tools): Multiply =>
  (left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns) => {
    const panels = Math.ceil(columns / PANEL);
    // biome-ignore format: the arguments of `Multiply`, then the panels from the first to before the last, nothing added
    fixed.multiply(left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns, 0, panels, false, scratch);
  };

/**
 * Runs the time loop in the block at an address. It works on a copy of the block: done twice, because a worker was lost, it
 * begins where it began.
 */
export function runLoop(tools: Tools, block: number, multiply = alone(tools)): void {
  const { memory, fixed } = tools;
  const cells = new Int32Array(memory.buffer);
  const original = block >>> 2;
  const size = cells[original];
  const start = original + size;
  cells.copyWithin(start, original, start);
  const steps = cells[start + 1];
  const operations = cells[start + 2];
  const rows = cells[start + 3];
  prepareRows(tools, (start + HEADER) * 4, rows);
  const first = start + HEADER + PREPARATION + START * cells[start + HEADER + PREPARATION - 1];
  const runs: (RunProgram | null)[] = [];
  for (let at = first; runs.length < operations; at += cells[at + 1]) {
    const given = at + OPERATION + MOVE * cells[at + 2];
    runs.push(cells[at] === PRODUCT ? null : tools.program(cells[given] >>> 0, cells[given + 1]));
  }
  for (let step = 0; step < steps; step++) {
    let at = first;
    for (let operation = 0; operation < operations; operation++) {
      const given = at + OPERATION + MOVE * cells[at + 2];
      const run = runs[operation];
      if (run === null) {
        multiply(
          cells[given],
          cells[given + 1],
          cells[given + 2],
          cells[given + 3],
          cells[given + 4],
          cells[given + 5],
          cells[given + 6],
          cells[given + 7],
          cells[given + 8],
          cells[given + 9],
        );
      } else {
        const sums = cells[given + 2];
        const length = cells[given + 3];
        // The sums of a step are formed apart: less rounding.
        if (length > 0) fixed.clear(sums, length);
        run(rows, 1, (given + PROGRAM_ARGUMENTS) * 4);
        if (length > 0) fixed.addRow(sums, cells[given + 4], length);
      }
      for (let move = at + OPERATION; move < given; move += MOVE) {
        cells[given + cells[move]] += cells[move + 1];
        cells[move + 1] *= cells[move + 2];
      }
      at += cells[at + 1];
    }
  }
}
