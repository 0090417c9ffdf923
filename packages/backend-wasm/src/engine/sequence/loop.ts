import type { FixedKernels } from '../fixed-kernels.js';
import { type Multiply, PANEL, type RunProgram, SUMS, type Tools } from '../threads/chunks.js';
import { ADDED_PRODUCT, ENTRY, HEADER, OPERATION, PROGRAM, ROW_OPERATION } from './block.js';

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
  const count = integers[start + 1];
  const steps = integers[start + 2];
  const rows = integers[start + 3];
  tools.clearSums((start + HEADER) * 4);
  const first = start + HEADER + SUMS;
  const operations: {
    readonly kind: number;
    readonly entries: number;
    readonly args: number;
    readonly run: RunProgram | null;
  }[] = [];
  /** The entries whose rows move from step to step. */
  const moving: number[] = [];
  for (let at = first; operations.length < count; at += integers[at + 1]) {
    const kind = integers[at];
    const entries = at + OPERATION;
    const args = entries + ENTRY * integers[at + 2];
    for (let entry = entries; entry < args; entry += ENTRY) {
      if (integers[entry + 2] !== 0) moving.push(entry);
    }
    const run = kind === PROGRAM ? tools.program(integers[args + 1] >>> 0, integers[args + 2]) : null;
    operations.push({ kind, entries, args, run });
  }
  for (let step = 0; step < steps; step++) {
    for (const { kind, entries, args, run } of operations) {
      if (kind === ROW_OPERATION) {
        fixed.runRows(
          integers[args],
          integers[entries],
          integers[entries + 1],
          integers[entries + ENTRY],
          integers[entries + ENTRY + 1],
          rows,
          integers[args + 1],
          integers[args + 2],
        );
      } else if (run === null) {
        multiply(
          kind === ADDED_PRODUCT,
          integers[entries],
          integers[entries + 1],
          4,
          integers[args],
          integers[entries + ENTRY],
          integers[entries + ENTRY + 1],
          4,
          rows,
          integers[args + 1],
          integers[args + 2],
        );
      } else {
        const sums = integers[args + 3];
        const length = integers[args + 4];
        // The sums of each step are formed separately, which rounds less.
        if (length > 0) fixed.clear(sums, length);
        run(rows, entries * 4);
        if (length > 0) fixed.addRow(sums, integers[args + 5], length);
      }
    }
    for (const entry of moving) integers[entry] += integers[entry + 2];
  }
}
