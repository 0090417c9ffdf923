import type { FixedKernels, ProductArguments } from '../fixed-kernels.js';

/** The kinds of jobs. A chunk is a part of the rows, a part of the panels, or an argument block. */
export const MULTIPLY_ROWS = 1;
export const MULTIPLY_PANELS = 2;
export const RUN_PROGRAM = 3;
export const RUN_SEQUENCE = 4;

/** The most chunks of a job, and the most workers. */
export const MOST_CHUNKS = 64;
export const MOST_WORKERS = 63;

/**
 * Runs a program on rows; an argument block holds their addresses.
 *
 * @param count the number of rows.
 * @param block the address of the argument block.
 */
export type RunProgram = (count: number, block: number) => void;

/** What a thread needs to run chunks. */
export interface Tools {
  readonly memory: WebAssembly.Memory;
  readonly fixed: FixedKernels;
  /** The address of the thread's scratch memory for matrix products. */
  readonly scratch: number;
  /** Finds the function of the program whose module has its bytes at an address. */
  program(address: number, length: number): RunProgram;
  /** Clears the sums at the address in a block. A chunk that runs again, after its worker is lost, gives the same numbers. */
  clearSums(at: number): void;
  /**
   * Runs the time loop in the block at an address. It works on a copy of the block, so that the loop can run again after a
   * worker is lost.
   *
   * @param multiply Default: on one thread.
   */
  runLoop(block: number, multiply?: Multiply): void;
}

/** `result = left × right`, or `result += left × right`. */
export type Multiply = (accumulate: boolean, ...operands: ProductArguments) => void;

/** The first row of each chunk, if one thread takes all rows. */
export const ONE_CHUNK: readonly number[] = [0];

/** Columns of a panel of a packed matrix. */
export const PANEL = 16;

/** Rows are divided in pairs, as the tile takes them. */
export const ROW_GROUP = 2;

/** 32-bit integers that say where a chunk's sums are: their address and their count. */
export const SUMS = 2;
