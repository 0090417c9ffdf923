import type { Rows, SequenceRows, SequenceStage } from '@sluice/core/backend';
import { Arena, type Floats, type Heap } from '../heap.js';
import type { MatrixProducts, Right } from '../matrix.js';
import { addSums, type CompiledProgram } from '../program/programs.js';
import { ENTRY_BYTES } from '../program/write-program.js';
import { ROW_OPERATIONS } from '../rows.js';
import { ONE_CHUNK, RUN_SEQUENCE, SUMS, type Tools } from '../threads/chunks.js';
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
} from './block.js';

type Stage = SequenceStage<Floats, Right, CompiledProgram>;

/** Runs time loops, step by step; the threads share the rows, and each runs the whole loop for its rows. */
export type RunSequence = (stages: readonly Stage[], steps: number, first: number, count: number) => void;

/** Integers of a row's entry. */
const ENTRY = ENTRY_BYTES / 4;

export function sequences(
  heap: Heap,
  products: MatrixProducts,
  pool: Pool | null,
  tools: Tools,
): RunSequence {
  const blocks = new Arena(heap);
  const sums = new Arena(heap);
  return (all, steps, first, count) => {
    const stages = all.filter(({ products, rows }) => products.length > 0 || rows.stores.length > 0);
    const work = countOperations(stages, steps * count);
    const starts = pool?.divideLoop(work, count) ?? ONE_CHUNK;
    const chunks = starts.length;
    const size = sizeOf(stages);
    const sumLength = stages.reduce((sum, { program }) => sum + program.sumCount * program.units, 0);
    blocks.reserve(chunks * size * 8);
    const spareLength = Math.max(0, ...stages.map(({ program }) => program.spares * program.units));
    const chunkBytes = (2 * sumLength + spareLength) * 4;
    sums.reserve(chunks * chunkBytes);
    // Take the view after the last allocation: a memory that grows gets a new buffer.
    const integers = new Int32Array(tools.memory.buffer);
    const { address } = blocks;
    const totalsOf = (chunk: number) => sums.address + chunk * chunkBytes;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const row = starts[chunk];
      const writer = new BlockWriter(integers, address + chunk * size * 8, first + row);
      const rows = (starts[chunk + 1] ?? count) - row;
      writer.write(stages, size, steps, rows, totalsOf(chunk), sumLength);
    }
    if (pool === null) tools.runLoop(address);
    else if (chunks > 1) pool.run(RUN_SEQUENCE, [address, size * 8], chunks, work / chunks);
    else tools.runLoop(address, (accumulate, ...operands) => products.multiplyPacked(operands, accumulate));
    if (sumLength === 0) return;
    for (let chunk = 0; chunk < chunks; chunk++) {
      let total = totalsOf(chunk);
      for (const { program, rows } of stages) {
        addSums(tools.fixed, program, rows, total);
        total += program.sumCount * program.units * 4;
      }
    }
  };
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
      1 +
      (rows.loads.length + rows.stores.length) * (MOVE + ENTRY),
    HEADER + SUMS,
  );

/** Writes the block of a chunk; its rows begin at row `first`. Number by number: lists would take longer than short loops. */
class BlockWriter {
  private at: number;
  constructor(
    private readonly integers: Int32Array,
    address: number,
    private readonly first: number,
  ) {
    this.at = address >>> 2;
  }

  write(
    stages: readonly Stage[],
    size: number,
    steps: number,
    rows: number,
    totals: number,
    sumLength: number,
  ): void {
    let operations = 0;
    for (const stage of stages) operations += stage.products.length + Math.sign(stage.rows.stores.length);
    this.put(size, steps);
    this.put(operations, rows);
    this.put(totals, sumLength);
    let total = totals;
    for (const stage of stages) {
      for (const product of stage.products) this.product(product, rows);
      if (stage.rows.stores.length > 0) {
        this.program(stage, total, total + sumLength * 4, totals + sumLength * 8);
      }
      total += stage.program.sumCount * stage.program.units * 4;
    }
  }

  private put(first: number, second: number): void {
    this.integers[this.at++] = first;
    this.integers[this.at++] = second;
  }

  /** Writes the address of rows and the bytes from row to row. */
  private entry({ memory, offset, stride }: Rows<Floats>): void {
    this.put(memory.address + (offset + this.first * stride) * 4, stride * 4);
  }

  private product(product: Stage['products'][number], rows: number): void {
    const { result } = product;
    const start = this.at;
    this.at += OPERATION;
    if (product.kind === 'row') {
      this.move(product.operand, 1);
      this.move(result, 3);
      const args = this.at++;
      this.integers[args] = ROW_OPERATIONS[product.name];
      this.entry(product.operand);
      this.entry(result);
      this.put(rows, product.width);
      this.integers[this.at++] = product.parts;
      this.finish(ROW_OPERATION, start, args);
      return;
    }
    const { left, right, accumulate } = product;
    const { packed, depth, columns } = right;
    if (!packed) throw new Error('a time loop multiplies by weights that are not packed');
    this.move(left, 0);
    this.move(result, 4);
    const args = this.at;
    this.entry(left);
    this.put(4, packed.panels);
    this.entry(result);
    this.put(4, rows);
    this.put(depth, columns);
    this.integers[this.at++] = accumulate ? 1 : 0;
    this.finish(PRODUCT, start, args);
  }

  private program(
    { program, rows: { loads, stores } }: Stage,
    totals: number,
    ownSums: number,
    spares: number,
  ): void {
    const { units, code, sums, sumCount } = program;
    const start = this.at;
    this.at += OPERATION;
    for (let i = 0; i < loads.length; i++) this.move(loads[i], PROGRAM_ARGUMENTS + ENTRY * i);
    for (let i = 0; i < stores.length; i++) {
      if (sums[i] < 0) this.move(stores[i], PROGRAM_ARGUMENTS + ENTRY * (loads.length + i));
    }
    const args = this.at;
    this.put(code.address, code.length);
    this.put(ownSums, sumCount * units);
    this.integers[this.at++] = totals;
    for (const row of loads) this.entry(row);
    for (let i = 0; i < stores.length; i++) {
      if (sums[i] < 0) this.entry(stores[i]);
      else this.put(ownSums + sums[i] * units * 4, 0);
    }
    this.integers[this.at++] = spares;
    this.finish(PROGRAM, start, args);
  }

  /** Writes the move of an argument, the address of rows; nothing when the rows stay in place. */
  private move({ advance }: SequenceRows<Floats>, argument: number): void {
    if (advance !== 0) this.put(argument, advance * 4);
  }

  /** Writes the integers before an operation's moves. */
  private finish(kind: number, start: number, args: number): void {
    this.integers[start] = kind;
    this.integers[start + 1] = this.at - start;
    this.integers[start + 2] = (args - start - OPERATION) / MOVE;
  }
}
