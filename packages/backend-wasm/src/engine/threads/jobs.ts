import type { FixedKernels } from '../fixed-kernels.js';
import { runLoop } from '../sequence/loop.js';
import type { JobBoard } from './job-board.js';

/** The kinds of jobs and what they are given; a chunk is a part of the rows, of the panels, or a block of arguments. */
export const MULTIPLY_ROWS = 1;
export const MULTIPLY_PANELS = 2;
export const RUN_PROGRAM = 3;
export const RUN_SEQUENCE = 4;

/** Runs a program on rows whose addresses stand in an argument block, each row at so many time steps. */
export type Run = (count: number, steps: number, block: number) => void;

/** What a thread does the chunks of jobs with. */
export interface Tools {
  readonly memory: WebAssembly.Memory;
  readonly fixed: FixedKernels;
  /** A thread's own scratch memory for matrix products. */
  readonly scratch: number;
  /** The function of the program whose module's bytes are at an address. */
  program(address: number, length: number): Run;
}

/** The first of the `total` things of chunk `chunk` when things are dealt out in groups of `group`. */
export const firstOf = (chunk: number, chunks: number, total: number, group: number): number =>
  Math.min(total, Math.floor((chunk * Math.ceil(total / group)) / chunks) * group);

/** Rows are dealt out in twos, as the tile takes them. */
export const ROW_GROUP = 2;

/** Columns of a panel of a packed matrix. */
export const PANEL = 16;

/** Does one chunk of the job on the board. */
export function doChunk(board: JobBoard, chunk: number, tools: Tools): void {
  switch (board.kind) {
    case MULTIPLY_ROWS:
    case MULTIPLY_PANELS:
      multiplyChunk(board, chunk, tools);
      break;
    case RUN_PROGRAM:
      programChunk(board, chunk, tools);
      break;
    case RUN_SEQUENCE:
      sequenceChunk(board, chunk, tools);
  }
}

function sequenceChunk(board: JobBoard, chunk: number, tools: Tools): void {
  runLoop(tools, board.argument(0) + chunk * board.argument(1));
}

function programChunk(board: JobBoard, chunk: number, tools: Tools): void {
  const [code, length, count, steps, chunks, blocks, blockBytes, entryBytes] = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (i) => board.argument(i),
  );
  const rows = firstOf(chunk + 1, chunks, count, 1) - firstOf(chunk, chunks, count, 1);
  const block = blocks + chunk * blockBytes;
  prepareRows(tools, block + entryBytes, rows);
  tools.program(code >>> 0, length)(rows, steps, block);
}

/** Numbers of 32 bits behind a block's entries, without the starts; and of each start. */
export const PREPARATION = 4;
export const START = 4;

/**
 * Sets what a program adds to, and what its first step begins with, so that a chunk done twice, because a worker was lost,
 * gives the same numbers. Behind the entries of a block stand: the address of its sums and how many numbers they are; the
 * length of a row; how many starts there are; of each, from where to where with which strides, in bytes.
 */
export function prepareRows(
  { memory, fixed }: Pick<Tools, 'memory' | 'fixed'>,
  at: number,
  rows: number,
): void {
  const [sums, sumLength, units, starts] = new Int32Array(memory.buffer, at >>> 0, PREPARATION);
  if (sumLength > 0) fixed.clear(sums, sumLength);
  for (let start = 0; start < starts; start++) {
    const place = (at >>> 0) + 4 * (PREPARATION + start * START);
    const [from, fromStride, to, toStride] = new Int32Array(memory.buffer, place, START);
    fixed.copyRows(from, fromStride, to, toStride, rows, units);
  }
}

function multiplyChunk(board: JobBoard, chunk: number, { fixed, scratch }: Tools): void {
  const chunks = board.argument(10);
  const byRows = board.kind === MULTIPLY_ROWS;
  const rows = board.argument(7);
  const columns = board.argument(9);
  const panels = Math.ceil(columns / PANEL);
  const firstRow = byRows ? firstOf(chunk, chunks, rows, ROW_GROUP) : 0;
  const endRow = byRows ? firstOf(chunk + 1, chunks, rows, ROW_GROUP) : rows;
  const firstPanel = byRows ? 0 : firstOf(chunk, chunks, panels, 1);
  const endPanel = byRows ? panels : firstOf(chunk + 1, chunks, panels, 1);
  if (firstRow === endRow || firstPanel === endPanel) return;
  fixed.multiply(
    board.argument(0) + firstRow * board.argument(1),
    board.argument(1),
    board.argument(2),
    board.argument(3),
    board.argument(4) + firstRow * board.argument(5),
    board.argument(5),
    board.argument(6),
    endRow - firstRow,
    board.argument(8),
    columns,
    firstPanel,
    endPanel,
    false,
    scratch,
  );
}
