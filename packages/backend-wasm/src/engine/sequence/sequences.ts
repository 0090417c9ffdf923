import type { SequenceProduct, SequenceRows, SequenceStage, Start } from '@sluice/core';
import type { FixedKernels } from '../fixed-kernels.js';
import type { Floats, Heap } from '../heap.js';
import type { MatrixProducts, Right } from '../matrix.js';
import { type CompiledProgram, entryOf, type Programs, startOf } from '../program/programs.js';
import { firstOf, PREPARATION, ROW_GROUP, RUN_SEQUENCE, START, type Tools } from '../threads/jobs.js';
import type { Pool } from '../threads/pool.js';
import { loopChunksFor } from '../threads/share.js';
import {
  HEADER,
  MOVE,
  OPERATION,
  PRODUCT,
  PRODUCT_ARGUMENTS,
  PROGRAM,
  PROGRAM_ARGUMENTS,
  runLoop,
} from './loop.js';

type Stage = SequenceStage<Floats, Right, CompiledProgram>;

/** Memory that grows when more is asked for. */
class Room {
  address = 0;
  private bytes = 0;
  constructor(private readonly heap: Heap) {}

  reserve(bytes: number): void {
    if (bytes <= this.bytes) return;
    if (this.bytes > 0) this.heap.release(this.address);
    this.address = this.heap.allocate(bytes);
    this.bytes = bytes;
  }
}

/**
 * Runs whole time loops. A single program goes through its steps row by row; stages with products go step by step, and their
 * rows are dealt out among the threads, each of which runs the whole loop for its own.
 */
export class Sequences {
  private readonly blocks: Room;
  private readonly sums: Room;

  constructor(
    heap: Heap,
    private readonly fixed: FixedKernels,
    private readonly products: MatrixProducts,
    private readonly programs: Programs,
    private readonly pool: Pool | null,
    private readonly tools: Tools,
  ) {
    this.blocks = new Room(heap);
    this.sums = new Room(heap);
  }

  run(
    stages: readonly Stage[],
    steps: number,
    first: number,
    count: number,
    starts: readonly Start<Floats>[],
  ): void {
    const used = stages.filter(({ products, rows }) => products.length > 0 || rows.stores.length > 0);
    if (used.length === 1 && used[0].products.length === 0) {
      this.programs.runSequence(used[0].program, used[0].rows, steps, first, count, starts);
    } else if (used.length > 0) this.runLoops(used, steps, first, count, starts);
  }

  private runLoops(
    stages: readonly Stage[],
    steps: number,
    first: number,
    count: number,
    starts: readonly Start<Floats>[],
  ): void {
    const { pool, fixed } = this;
    const chunks = pool === null ? 1 : loopChunksFor(workOf(stages, steps * count), pool.threads, count);
    const size = sizeOf(stages, starts.length);
    const sumLength = stages.reduce((sum, { program }) => sum + program.sumCount * program.units, 0);
    this.blocks.reserve(chunks * size * 8);
    this.sums.reserve(chunks * sumLength * 8);
    // Taken after memory may have grown.
    const cells = new Int32Array(this.tools.memory.buffer);
    const totalsOf = (chunk: number) => this.sums.address + chunk * sumLength * 8;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const row = firstOf(chunk, chunks, count, ROW_GROUP);
      const writer = new BlockWriter(cells, this.blocks.address + chunk * size * 8, first + row);
      const rows = firstOf(chunk + 1, chunks, count, ROW_GROUP) - row;
      writer.header(size, steps, rows, totalsOf(chunk), sumLength, stages, starts);
    }
    if (pool === null || chunks === 1) {
      runLoop(this.tools, this.blocks.address, (...given) => this.products.multiplyPacked(given, false));
    } else pool.do(RUN_SEQUENCE, [this.blocks.address, size * 8], chunks);
    if (sumLength === 0) return;
    for (let chunk = 0; chunk < chunks; chunk++) {
      let total = totalsOf(chunk);
      for (const { program, rows } of stages) {
        rows.stores.forEach(({ memory, offset }, i) => {
          if (program.sums[i] < 0) return;
          const from = total + program.sums[i] * program.units * 4;
          fixed.addRow(from, memory.address + offset * 4, program.units);
        });
        total += program.sumCount * program.units * 4;
      }
    }
  }
}

/** Operations of a loop over so many rows and steps, about. */
const workOf = (stages: readonly Stage[], rows: number): number =>
  stages.reduce(
    (sum, { products, program }) =>
      products.reduce((work, { right }) => work + 2 * right.depth * right.columns, sum + program.work),
    0,
  ) * rows;

/** How many numbers a loop's block has, at most. */
const sizeOf = (stages: readonly Stage[], starts: number): number =>
  stages.reduce(
    (sum, { products, rows }) =>
      sum +
      products.length * (OPERATION + MOVE + PRODUCT_ARGUMENTS) +
      OPERATION +
      PROGRAM_ARGUMENTS +
      (rows.loads.length + rows.stores.length) * (MOVE + 3),
    HEADER + PREPARATION + START * starts,
  );

/** Writes the block of a chunk of the rows that begins at row `first`. */
class BlockWriter {
  private at: number;
  constructor(
    private readonly cells: Int32Array,
    address: number,
    private readonly first: number,
  ) {
    this.at = address >>> 2;
  }

  private put(...numbers: number[]): void {
    for (const number of numbers) this.cells[this.at++] = number;
  }

  header(
    size: number,
    steps: number,
    rows: number,
    totals: number,
    sumLength: number,
    stages: readonly Stage[],
    starts: readonly Start<Floats>[],
  ): void {
    const operations = stages.reduce((sum, { products }) => sum + products.length + 1, 0);
    const { units } = stages[0].program;
    this.put(size, steps, operations, rows, totals, sumLength, units, starts.length);
    for (const start of starts) this.put(...startOf(start, this.first));
    let total = totals;
    for (const stage of stages) {
      for (const product of stage.products) this.product(product, rows);
      this.program(stage, total, total + sumLength * 4);
      total += stage.program.sumCount * units * 4;
    }
  }

  private product({ left, right, result }: SequenceProduct<Floats, Right>, rows: number): void {
    const { first } = this;
    if (right.packed === null)
      throw new Error('the right-hand side of a product of every step must be packed');
    const moves = movesOf(left, 0);
    this.put(PRODUCT, OPERATION + moves.length + PRODUCT_ARGUMENTS, moves.length / MOVE, ...moves);
    this.put(left.memory.address + (left.offset + first * left.stride) * 4, left.stride * 4, 4);
    this.put(right.packed.panels);
    this.put(result.memory.address + (result.offset + first * result.rowStride) * 4);
    this.put(result.rowStride * 4, result.columnStride * 4, rows, right.depth, right.columns);
  }

  private program({ program, rows }: Stage, totals: number, sums: number): void {
    const { units, code, sumCount } = program;
    const all = [...rows.loads, ...rows.stores];
    const sumOf = (i: number) => program.sums[i - rows.loads.length] ?? -1;
    const moves = all.flatMap((row, i) => (sumOf(i) < 0 ? movesOf(row, PROGRAM_ARGUMENTS + 3 * i) : []));
    const length = OPERATION + moves.length + PROGRAM_ARGUMENTS + 3 * all.length;
    this.put(PROGRAM, length, moves.length / MOVE, ...moves);
    this.put(code.address, code.length, sums, sumCount * units, totals);
    all.forEach((row, i) => {
      if (sumOf(i) < 0) this.put(...entryOf(row, this.first, 0, 1));
      else this.put(sums + sumOf(i) * units * 4, 0, 0);
    });
  }
}

/** The move of rows whose address is a given one of the arguments; none where they stay. */
const movesOf = ({ advance, alternates }: SequenceRows<Floats>, argument: number): number[] =>
  advance === 0 ? [] : [argument, advance * 4, alternates ? -1 : 1];
