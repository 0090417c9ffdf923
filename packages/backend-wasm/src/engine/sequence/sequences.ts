import type {
  Rows,
  SequenceProduct,
  SequenceRowOperation,
  SequenceRows,
  SequenceStage,
} from '@sluice/core/backend';
import type { FixedKernels } from '../fixed-kernels.js';
import { Arena, type Floats, type Heap } from '../heap.js';
import type { MatrixProducts, Right } from '../matrix.js';
import type { CompiledProgram } from '../program/programs.js';
import { ENTRY_BYTES } from '../program/write-program.js';
import { ROW_OPERATIONS } from '../rows.js';
import {
  countLoopChunks,
  firstOfChunk,
  ROW_GROUP,
  RUN_SEQUENCE,
  SUMS,
  type Tools,
} from '../threads/chunks.js';
import type { Pool } from '../threads/pool.js';
import {
  HEADER,
  MOVE,
  OPERATION,
  PRODUCT,
  PRODUCT_ARGUMENTS,
  PROGRAM,
  PROGRAM_ARGUMENTS,
  ROW_OPERATION,
  runLoop,
} from './loop.js';

type Stage = SequenceStage<Floats, Right, CompiledProgram>;

/** Integers of a row's entry. */
const ENTRY = ENTRY_BYTES / 4;

/** Runs whole time loops, step by step; the threads share the rows, and each runs the whole loop for its rows. */
export class Sequences {
  private readonly blocks: Arena;
  private readonly sums: Arena;

  constructor(
    heap: Heap,
    private readonly fixed: FixedKernels,
    private readonly products: MatrixProducts,
    private readonly pool: Pool | null,
    private readonly tools: Tools,
  ) {
    this.blocks = new Arena(heap);
    this.sums = new Arena(heap);
  }

  run(stages: readonly Stage[], steps: number, first: number, count: number): void {
    const used = stages.filter(({ products, rows }) => products.length > 0 || rows.stores.length > 0);
    if (used.length > 0) this.runStages(used, steps, first, count);
  }

  private runStages(stages: readonly Stage[], steps: number, first: number, count: number): void {
    const { pool, fixed } = this;
    const work = countOperations(stages, steps * count);
    const chunks = pool === null ? 1 : countLoopChunks(work, pool.threads, count);
    const size = sizeOf(stages);
    const sumLength = stages.reduce((sum, { program }) => sum + program.sumCount * program.units, 0);
    this.blocks.reserve(chunks * size * 8);
    this.sums.reserve(chunks * sumLength * 8);
    // Take the view after the last allocation: a memory that grows gets a new buffer.
    const integers = new Int32Array(this.tools.memory.buffer);
    const totalsOf = (chunk: number) => this.sums.address + chunk * sumLength * 8;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const row = firstOfChunk(chunk, chunks, count, ROW_GROUP);
      const writer = new BlockWriter(integers, this.blocks.address + chunk * size * 8, first + row);
      const rows = firstOfChunk(chunk + 1, chunks, count, ROW_GROUP) - row;
      writer.header(size, steps, rows, totalsOf(chunk), sumLength, stages);
    }
    const { address } = this.blocks;
    if (chunks > 1) pool?.run(RUN_SEQUENCE, [address, size * 8], chunks, work / chunks);
    else if (pool === null) runLoop(this.tools, address);
    else
      runLoop(this.tools, address, (accumulate, ...operands) =>
        this.products.multiplyPacked(operands, accumulate),
      );
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

const workOf = (product: Stage['products'][number]): number =>
  product.kind === 'row' ? product.width * product.parts : 2 * product.right.depth * product.right.columns;

/** The operations of a time loop over so many rows and steps, about. */
const countOperations = (stages: readonly Stage[], rows: number): number =>
  stages.reduce(
    (sum, { products, program }) =>
      products.reduce((work, product) => work + workOf(product), sum + program.work),
    0,
  ) * rows;

/** The largest number of integers of a loop's block. */
const sizeOf = (stages: readonly Stage[]): number =>
  stages.reduce(
    (sum, { products, rows }) =>
      sum +
      products.length * (OPERATION + 2 * MOVE + PRODUCT_ARGUMENTS) +
      OPERATION +
      PROGRAM_ARGUMENTS +
      (rows.loads.length + rows.stores.length) * (MOVE + ENTRY),
    HEADER + SUMS,
  );

/** Writes the block of a chunk; its rows begin at row `first`. */
class BlockWriter {
  private at: number;
  constructor(
    private readonly integers: Int32Array,
    address: number,
    private readonly first: number,
  ) {
    this.at = address >>> 2;
  }

  private put(number: number): void {
    this.integers[this.at++] = number;
  }

  header(
    size: number,
    steps: number,
    rows: number,
    totals: number,
    sumLength: number,
    stages: readonly Stage[],
  ): void {
    let operations = 0;
    for (const { products } of stages) operations += products.length + 1;
    for (const number of [size, steps, operations, rows, totals, sumLength]) this.put(number);
    let total = totals;
    for (const stage of stages) {
      for (const product of stage.products) {
        if (product.kind === 'row') this.rowOperation(product, rows);
        else this.product(product, rows);
      }
      this.program(stage, total, total + sumLength * 4);
      total += stage.program.sumCount * stage.program.units * 4;
    }
  }

  private addressOf({ memory, offset, stride }: Rows<Floats>): number {
    return memory.address + (offset + this.first * stride) * 4;
  }

  private product({ left, right, result, accumulate }: SequenceProduct<Floats, Right>, rows: number): void {
    if (right.packed === null)
      throw new Error('the right-hand side of a product in a time loop must be packed');
    const start = this.at;
    this.at += OPERATION;
    this.move(left, 0);
    this.move(result, 4);
    const args = this.at;
    this.put(this.addressOf(left));
    this.put(left.stride * 4);
    this.put(4);
    this.put(right.packed.panels);
    this.put(this.addressOf(result));
    this.put(result.stride * 4);
    this.put(4);
    this.put(rows);
    this.put(right.depth);
    this.put(right.columns);
    this.put(accumulate ? 1 : 0);
    this.finish(PRODUCT, start, args);
  }

  private rowOperation(
    { name, parts, width, operand, result }: SequenceRowOperation<Floats>,
    rows: number,
  ): void {
    const start = this.at;
    this.at += OPERATION;
    this.move(operand, 1);
    this.move(result, 3);
    const args = this.at;
    this.put(ROW_OPERATIONS[name]);
    this.put(this.addressOf(operand));
    this.put(operand.stride * 4);
    this.put(this.addressOf(result));
    this.put(result.stride * 4);
    this.put(rows);
    this.put(width);
    this.put(parts);
    this.finish(ROW_OPERATION, start, args);
  }

  private program({ program, rows: { loads, stores } }: Stage, totals: number, sums: number): void {
    const { units, code, sumCount } = program;
    const start = this.at;
    this.at += OPERATION;
    for (let i = 0; i < loads.length; i++) this.move(loads[i], PROGRAM_ARGUMENTS + ENTRY * i);
    for (let i = 0; i < stores.length; i++) {
      if (program.sums[i] < 0) this.move(stores[i], PROGRAM_ARGUMENTS + ENTRY * (loads.length + i));
    }
    const args = this.at;
    this.put(code.address);
    this.put(code.length);
    this.put(sums);
    this.put(sumCount * units);
    this.put(totals);
    for (const row of loads) this.entry(this.addressOf(row), row.stride);
    for (let i = 0; i < stores.length; i++) {
      const sum = program.sums[i];
      if (sum < 0) this.entry(this.addressOf(stores[i]), stores[i].stride);
      else this.entry(sums + sum * units * 4, 0);
    }
    this.finish(PROGRAM, start, args);
  }

  /** Writes the entry of a row of a program. */
  private entry(address: number, stride: number): void {
    this.put(address);
    this.put(stride * 4);
  }

  /** Writes the move of an argument, the address of rows; nothing when the rows stay in place. */
  private move({ advance }: SequenceRows<Floats>, argument: number): void {
    if (advance === 0) return;
    this.put(argument);
    this.put(advance * 4);
  }

  /** Writes the integers before an operation's moves. */
  private finish(kind: number, start: number, args: number): void {
    this.integers[start] = kind;
    this.integers[start + 1] = this.at - start;
    this.integers[start + 2] = (args - start - OPERATION) / MOVE;
  }
}
