import type { FixedKernels } from '../fixed-kernels.js';
import { type Multiply, PANEL, type RunProgram, SUMS, type Tools } from '../threads/chunks.js';
import { HEADER, MOVE, OPERATION, PROGRAM, PROGRAM_ARGUMENTS, ROW_OPERATION } from './block.js';

/** The tools of a thread. */
export function createTools(
  memory: WebAssembly.Memory,
  fixed: FixedKernels,
  scratch: number,
  program: Tools['program'],
): Tools {
  // biome-ignore format: the arguments of `Multiply`
  const multiplyOnOneThread: Multiply = (accumulate, left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns) => {
    const panels = Math.ceil(columns / PANEL);
    // biome-ignore format: the arguments of `Multiply`, the first panel, the end of the panels, accumulation
    fixed.multiply(left, leftRowStride, leftStep, right, result, rowStride, step, rows, depth, columns, 0, panels, accumulate, scratch);
  };
  const tools: Tools = {
    memory,
    fixed,
    scratch,
    program,
    clearSums(at) {
      const [sums, length] = new Int32Array(memory.buffer, at >>> 0, SUMS);
      if (length > 0) fixed.clear(sums, length);
    },
    runLoop: (block, multiply = multiplyOnOneThread) => runLoop(tools, block, multiply),
  };
  return tools;
}

/** Interprets a block. */
function runLoop(tools: Tools, block: number, multiply: Multiply): void {
  const { memory, fixed } = tools;
  const integers = new Int32Array(memory.buffer);
  const original = block >>> 2;
  const size = integers[original];
  const start = original + size;
  integers.copyWithin(start, original, start);
  const steps = integers[start + 1];
  const operations = integers[start + 2];
  const rows = integers[start + 3];
  tools.clearSums((start + HEADER) * 4);
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
