import type { Program, ProgramRows, RowAccess } from '@sluice/core/backend';
import type { FixedKernels, Variant } from '../fixed-kernels.js';
import { Arena, type Floats, type Heap } from '../heap.js';
import { ENTRY } from '../sequence/block.js';
import { ONE_CHUNK, RUN_PROGRAM, type RunProgram, SUMS, type Tools } from '../threads/chunks.js';
import type { Pool } from '../threads/pool.js';
import { type Code, programCode } from './program-code.js';
import { isLong } from './split-program.js';
import { isSum, writeProgram } from './write-program.js';

/** A pointwise program as a function in WebAssembly. */
export interface CompiledProgram {
  readonly units: number;
  /** For each store: its row among the sums, or −1. */
  readonly sums: readonly number[];
  readonly sumCount: number;
  /** The rows through which parts of the program pass values; they are behind the sums. */
  readonly spares: number;
  /** The bytes of the rows' entries and of the spare rows' address. */
  readonly entryBytes: number;
  readonly run: RunProgram;
  /** The arithmetic operations of a row, about. */
  readonly work: number;
  readonly code: Code;
}

/** Compiles programs for a memory and runs them. */
export interface Programs {
  /** The function of the program with its code at an address. */
  at(address: number): RunProgram;
  /** The number of compiled programs that are not garbage. */
  count(): number;
  compile(program: Program<RowAccess>, units: number, descends?: boolean): CompiledProgram;
  /**
   * Runs a program on `count` rows from row `first` on. Sums over the rows are formed in separate rows of zeros and added
   * at the end, which rounds less.
   */
  run(compiled: CompiledProgram, rows: ProgramRows<Floats>, first: number, count: number): void;
}

/** The cost of a long operation such as tanh; every other one, each load and each store costs 1. */
const LONG_WORK = 30;

/** The program of all stages that have products alone: it is not run. */
const EMPTY: CompiledProgram = {
  ...{ units: 0, sums: [], sumCount: 0, spares: 0, entryBytes: 0, work: 0 },
  run: () => {},
  code: { address: 0, length: 0 },
};

export function createPrograms(heap: Heap, tools: Tools, variant: Variant, pool: Pool | null): Programs {
  const { memory } = heap;
  const code = programCode(pool && heap);
  /** The argument blocks, and the rows of sums with the spare rows behind them: for each chunk its own. */
  const blocks = new Arena(heap);
  const sumRows = new Arena(heap);
  const mostChunks = pool?.mostChunks ?? 1;
  /** The size of a chunk's argument block. */
  let blockBytes = 0;
  let integers = new Int32Array(memory.buffer);

  /** Writes the argument block of a chunk; its rows begin at row `first`. */
  function writeBlock(
    { units, sums, sumCount, spares }: CompiledProgram,
    { loads, stores }: ProgramRows<Floats>,
    first: number,
    chunk: number,
  ): void {
    let at = (blocks.address + chunk * blockBytes) >>> 2;
    const chunkSums = sumRows.address + chunk * (sumCount + spares) * units * 4;
    for (const { memory, offset, stride } of loads) {
      integers[at] = memory.address + (offset + first * stride) * 4;
      integers[at + 1] = stride * 4;
      at += ENTRY;
    }
    for (let i = 0; i < stores.length; i++) {
      const { memory, offset, stride } = stores[i];
      const isSummed = sums[i] >= 0;
      integers[at] = isSummed
        ? chunkSums + sums[i] * units * 4
        : memory.address + (offset + first * stride) * 4;
      integers[at + 1] = isSummed ? 0 : stride * 4;
      at += ENTRY;
    }
    integers[at++] = chunkSums + sumCount * units * 4;
    integers[at++] = chunkSums;
    integers[at++] = sumCount * units;
  }

  return {
    at: code.at,
    count: code.count,
    compile(program, units, descends) {
      const { loads, operations, stores } = program;
      if (stores.length === 0) return EMPTY;
      const { bytes, spares } = writeProgram(program, units, variant, descends);
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      const run = exports.run as RunProgram;
      let sumCount = 0;
      const sums = stores.map((store) => (isSum(store) ? sumCount++ : -1));
      const rows = loads.length + stores.length;
      const entryBytes = (rows * ENTRY + 1) * 4;
      blockBytes = Math.max(entryBytes + 4 * SUMS, blockBytes);
      blocks.reserve(blockBytes * mostChunks);
      sumRows.reserve((sumCount + spares) * units * mostChunks * 4);
      const costs = operations.map(({ name }) => (isLong(name) ? LONG_WORK : 1));
      const work = units * costs.reduce((sum, cost) => sum + cost, rows);
      return { units, sums, sumCount, spares, entryBytes, run, work, code: code.keep(bytes, run) };
    },
    run(compiled, rows, first, count) {
      if (rows.stores.length === 0) return;
      const { units, work, sumCount, spares, entryBytes, run } = compiled;
      if (integers.buffer !== memory.buffer) integers = new Int32Array(memory.buffer);
      const starts = pool?.divide(work * count, count) ?? ONE_CHUNK;
      const chunks = starts.length;
      for (let chunk = 0; chunk < chunks; chunk++) writeBlock(compiled, rows, first + starts[chunk], chunk);
      if (pool && chunks > 1) {
        const { address, length } = compiled.code;
        const args = [address, length, count, chunks, blocks.address, blockBytes, entryBytes];
        pool.run(RUN_PROGRAM, args, chunks);
      } else {
        if (sumCount > 0) tools.clearSums(blocks.address + entryBytes);
        run(count, blocks.address);
      }
      for (let chunk = 0; chunk < chunks; chunk++) {
        const ownSums = sumRows.address + chunk * (sumCount + spares) * units * 4;
        addSums(tools.fixed, compiled, rows, ownSums);
      }
    },
  };
}

/** Adds the sums at an address to the totals, those of its stores. */
export function addSums(
  fixed: FixedKernels,
  { units, sums, sumCount }: CompiledProgram,
  { stores }: ProgramRows<Floats>,
  address: number,
): void {
  if (sumCount === 0) return;
  stores.forEach(({ memory, offset }, i) => {
    if (sums[i] >= 0) fixed.addRow(address + sums[i] * units * 4, memory.address + offset * 4, units);
  });
}
