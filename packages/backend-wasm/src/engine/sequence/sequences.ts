import type { SequenceRows, SequenceStage } from '@sluice/core/backend';
import { Arena, type Floats, type Heap } from '../heap.js';
import type { MatrixProducts, Right } from '../matrix.js';
import { addSums, type CompiledProgram } from '../program/programs.js';
import { ROW_OPERATIONS } from '../rows.js';
import { ONE_CHUNK, RUN_SEQUENCE, SUMS, type Tools } from '../threads/chunks.js';
import type { Pool } from '../threads/pool.js';
import { ADDED_PRODUCT, ENTRY, HEADER, OPERATION, PRODUCT, PROGRAM, ROW_OPERATION } from './block.js';

type Stage = SequenceStage<Floats, Right, CompiledProgram>;

/** Runs time loops, step by step or row by row; the threads share the rows, and each runs the whole loop for its rows. */
export type RunSequence = (
  stages: readonly Stage[],
  steps: number,
  first: number,
  count: number,
  byRows: boolean,
) => void;

export function sequences(
  heap: Heap,
  products: MatrixProducts,
  pool: Pool | null,
  tools: Tools,
): RunSequence {
  const blocks = new Arena(heap);
  const sums = new Arena(heap);
  return (all, steps, first, count, byRows) => {
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
      const writer = new BlockWriter(integers, address + chunk * size * 8, first + row, byRows);
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

/** The integers of a product or a row operation, and of a stage's program. */
const PRODUCT_SIZE = OPERATION + 2 * ENTRY + 3;
const programSize = ({ rows: { loads, stores } }: Stage): number =>
  OPERATION + (loads.length + stores.length) * ENTRY + 6;

/** The largest number of integers of a loop's block. */
const sizeOf = (stages: readonly Stage[]): number =>
  stages.reduce(
    (sum, stage) => sum + stage.products.length * PRODUCT_SIZE + programSize(stage),
    HEADER + SUMS,
  );

/** Writes the block of a chunk; its rows begin at row `first`. Number by number: lists would take longer than short loops. */
class BlockWriter {
  private at: number;
  constructor(
    private readonly integers: Int32Array,
    address: number,
    private readonly first: number,
    private readonly byRows: boolean,
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
    // A program takes its rows in order. By rows, these are the steps of a batch row, and the loop goes from row to row.
    this.put(size, operations, this.byRows ? rows : steps);
    this.put(this.byRows ? steps : rows, totals, sumLength);
    let total = totals;
    for (const stage of stages) {
      for (const product of stage.products) this.product(product);
      if (stage.rows.stores.length > 0) {
        this.program(stage, total, total + sumLength * 4, totals + sumLength * 8);
      }
      total += stage.program.sumCount * stage.program.units * 4;
    }
  }

  private put(first: number, second: number, third: number): void {
    this.integers[this.at++] = first;
    this.integers[this.at++] = second;
    this.integers[this.at++] = third;
  }

  /** Writes where rows are. */
  private entry({ memory, offset, stride, advance }: SequenceRows<Floats>): void {
    const address = memory.address + (offset + this.first * stride) * 4;
    if (this.byRows) this.put(address, advance * 4, stride * 4);
    else this.put(address, stride * 4, advance * 4);
  }

  private product(product: Stage['products'][number]): void {
    const isRow = product.kind === 'row';
    this.put(isRow ? ROW_OPERATION : product.accumulate ? ADDED_PRODUCT : PRODUCT, PRODUCT_SIZE, 2);
    this.entry(isRow ? product.operand : product.left);
    this.entry(product.result);
    if (isRow) this.put(ROW_OPERATIONS[product.name], product.width, product.parts);
    else {
      const { packed, depth, columns } = product.right;
      if (!packed) throw new Error('a time loop multiplies by weights that are not packed');
      this.put(packed.panels, depth, columns);
    }
  }

  private program(stage: Stage, totals: number, ownSums: number, spares: number): void {
    const { units, code, sums, sumCount } = stage.program;
    const { loads, stores } = stage.rows;
    this.put(PROGRAM, programSize(stage), loads.length + stores.length);
    for (const row of loads) this.entry(row);
    for (let i = 0; i < stores.length; i++) {
      if (sums[i] < 0) this.entry(stores[i]);
      else this.put(ownSums + sums[i] * units * 4, 0, 0);
    }
    this.put(spares, code.address, code.length);
    this.put(ownSums, sumCount * units, totals);
  }
}
