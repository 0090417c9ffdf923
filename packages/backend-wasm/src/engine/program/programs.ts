import type { Program, ProgramRows, RowAccess } from '@sluice/core/backend';
import type { FixedKernels, Variant } from '../fixed-kernels.js';
import { Arena, type Floats, type Heap } from '../heap.js';
import {
  clearSums,
  countChunks,
  firstOfChunk,
  RUN_PROGRAM,
  type RunProgram,
  SUMS,
} from '../threads/chunks.js';
import type { Pool } from '../threads/pool.js';
import { type Code, ProgramCode } from './program-code.js';
import { ENTRY_BYTES, isSum, writeProgram } from './write-program.js';

/** A pointwise program as a function in WebAssembly. */
export interface CompiledProgram {
  readonly units: number;
  /** For each store: its row among the sums, or −1. */
  readonly sums: readonly number[];
  readonly sumCount: number;
  readonly entryBytes: number;
  readonly run: RunProgram;
  /** The arithmetic operations of a row, about. */
  readonly work: number;
  readonly code: Code;
}

/** The cost of a function such as tanh; every other operation, load and store costs 1. */
const FUNCTION_WORK = 30;
const FUNCTIONS: readonly string[] = ['sigmoid', 'tanh', 'exp', 'log', 'softplus', 'erf'];

/** Compiles programs for a memory and runs them. */
export class Programs {
  /** The argument blocks and the rows of sums, one of each for each chunk. */
  private readonly blocks: Arena;
  private readonly sums: Arena;
  /** The size of a chunk's argument block. */
  private blockBytes = 0;
  private integers: Int32Array;
  private readonly mostChunks: number;
  private readonly code: ProgramCode;
  /** The program of all stages that have products alone. */
  private empty: CompiledProgram | undefined;

  constructor(
    private readonly heap: Heap,
    private readonly fixed: FixedKernels,
    private readonly variant: Variant,
    private readonly pool: Pool | null,
  ) {
    this.integers = new Int32Array(heap.memory.buffer);
    this.code = new ProgramCode(pool === null ? null : heap);
    this.blocks = new Arena(heap);
    this.sums = new Arena(heap);
    this.mostChunks =
      pool === null ? 1 : countChunks(Number.POSITIVE_INFINITY, pool.threads, Number.POSITIVE_INFINITY);
  }

  /** The function of the program with its code at an address. */
  at(address: number): RunProgram {
    return this.code.at(address);
  }

  /** The number of compiled programs that are not garbage. */
  get count(): number {
    return this.code.size;
  }

  /** Compiles a program. The one without rows is compiled once: in a new process each module takes long. */
  compile(program: Program<RowAccess>, units: number): CompiledProgram {
    if (program.loads.length + program.stores.length > 0) return this.compileNew(program, units);
    this.empty ??= this.compileNew(program, units);
    return this.empty;
  }

  private compileNew(program: Program<RowAccess>, units: number): CompiledProgram {
    const bytes = writeProgram(program, units, this.variant);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.heap.memory },
    });
    let sumCount = 0;
    const sums = program.stores.map((store) => (isSum(store) ? sumCount++ : -1));
    const entryBytes = (program.loads.length + program.stores.length) * ENTRY_BYTES;
    this.reserve(entryBytes + 4 * SUMS, sumCount * units);
    const run = instance.exports.run as RunProgram;
    const operations = program.operations.map(({ name }) => (FUNCTIONS.includes(name) ? FUNCTION_WORK : 1));
    const work =
      units * operations.reduce((sum, cost) => sum + cost, program.loads.length + program.stores.length);
    return {
      units,
      sums,
      sumCount,
      entryBytes,
      run,
      work,
      code: this.code.keep(bytes, run),
    };
  }

  /**
   * Runs a program on `count` rows from row `first` on. Sums over the rows are formed in separate rows of zeros and added
   * at the end, which rounds less.
   */
  run(compiled: CompiledProgram, rows: ProgramRows<Floats>, first: number, count: number): void {
    if (rows.stores.length === 0) return;
    const { pool } = this;
    const { code, work } = compiled;
    const chunks = pool === null ? 1 : countChunks(work * count, pool.threads, count);
    const { buffer } = this.heap.memory;
    if (this.integers.buffer !== buffer) this.integers = new Int32Array(buffer);
    if (pool === null || chunks === 1) {
      this.writeBlock(compiled, rows, first, 0);
      if (compiled.sumCount > 0) {
        const tools = { memory: this.heap.memory, fixed: this.fixed };
        clearSums(tools, this.blocks.address + compiled.entryBytes);
      }
      compiled.run(count, this.blocks.address);
    } else {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const row = first + firstOfChunk(chunk, chunks, count, 1);
        this.writeBlock(compiled, rows, row, chunk);
      }
      const args = [
        ...[code.address, code.length, count, chunks],
        ...[this.blocks.address, this.blockBytes, compiled.entryBytes],
      ];
      pool.run(RUN_PROGRAM, args, chunks);
    }
    if (compiled.sumCount > 0) this.addSums(compiled, rows, chunks);
  }

  /** Writes the argument block of a chunk; its rows begin at row `first`. */
  private writeBlock(
    { units, sums, sumCount }: CompiledProgram,
    { loads, stores }: ProgramRows<Floats>,
    first: number,
    chunk: number,
  ): void {
    const { integers } = this;
    let at = (this.blocks.address + chunk * this.blockBytes) >>> 2;
    for (const { memory, offset, stride } of loads) {
      integers[at++] = memory.address + (offset + first * stride) * 4;
      integers[at++] = stride * 4;
    }
    const chunkSums = this.sums.address + chunk * sumCount * units * 4;
    for (let i = 0; i < stores.length; i++) {
      const { memory, offset, stride } = stores[i];
      const isTotal = sums[i] >= 0;
      integers[at++] = isTotal
        ? chunkSums + sums[i] * units * 4
        : memory.address + (offset + first * stride) * 4;
      integers[at++] = isTotal ? 0 : stride * 4;
    }
    integers[at++] = chunkSums;
    integers[at++] = sumCount * units;
  }

  /** Adds the sums of the chunks, in order, to the totals. */
  private addSums(
    { units, sums, sumCount }: CompiledProgram,
    { stores }: ProgramRows<Floats>,
    chunks: number,
  ): void {
    for (let chunk = 0; chunk < chunks; chunk++) {
      for (let i = 0; i < stores.length; i++) {
        if (sums[i] < 0) continue;
        const { memory, offset } = stores[i];
        this.fixed.addRow(
          this.sums.address + (chunk * sumCount + sums[i]) * units * 4,
          memory.address + offset * 4,
          units,
        );
      }
    }
  }

  /** Reserves memory for argument blocks of `bytes` bytes and for `length` sums in each chunk. */
  private reserve(bytes: number, length: number): void {
    this.blockBytes = Math.max(bytes, this.blockBytes);
    this.blocks.reserve(this.blockBytes * this.mostChunks);
    this.sums.reserve(length * this.mostChunks * 4);
  }
}
