import type { Rows, SequenceRows, SequenceStage } from '@sluice/core/backend';
import { Arena, type Floats, type Heap } from '../heap.js';
import type { MatrixProducts, Right } from '../matrix.js';
import type { CompiledProgram } from '../program/programs.js';
import { ENTRY_BYTES } from '../program/write-program.js';
import { ROW_OPERATIONS } from '../rows.js';
import { RUN_SEQUENCE, SUMS, type Tools } from '../threads/chunks.js';
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
    const starts = pool?.divideLoop(work, count) ?? [0];
    const chunks = starts.length;
    const size = sizeOf(stages);
    const sumLength = stages.reduce((sum, { program }) => sum + program.sumCount * program.units, 0);
    blocks.reserve(chunks * size * 8);
    sums.reserve(chunks * sumLength * 8);
    // Take the view after the last allocation: a memory that grows gets a new buffer.
    const integers = new Int32Array(tools.memory.buffer);
    const { address } = blocks;
    const totalsOf = (chunk: number) => sums.address + chunk * sumLength * 8;
    starts.forEach((row, chunk) => {
      const rows = (starts[chunk + 1] ?? count) - row;
      const header = [size, steps, stages.length, rows, totalsOf(chunk), sumLength];
      writeBlock(integers, address + chunk * size * 8, header, first + row, stages);
    });
    if (pool === null) tools.runLoop(address);
    else if (chunks > 1) pool.run(RUN_SEQUENCE, [address, size * 8], chunks, work / chunks);
    else tools.runLoop(address, (accumulate, ...operands) => products.multiplyPacked(operands, accumulate));
    if (sumLength === 0) return;
    for (let chunk = 0; chunk < chunks; chunk++) {
      let total = totalsOf(chunk);
      for (const { program, rows } of stages) {
        rows.stores.forEach(({ memory, offset }, i) => {
          if (program.sums[i] < 0) return;
          const from = total + program.sums[i] * program.units * 4;
          tools.fixed.addRow(from, memory.address + offset * 4, program.units);
        });
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
      (rows.loads.length + rows.stores.length) * (MOVE + ENTRY),
    HEADER + SUMS,
  );

/**
 * Writes the block of a chunk.
 *
 * @param header the block's header, with the number of stages in place of that of the operations.
 * @param first the first row of the chunk.
 */
function writeBlock(
  integers: Int32Array,
  address: number,
  header: readonly number[],
  first: number,
  stages: readonly Stage[],
): void {
  const start = address >>> 2;
  let at = start + header.length;
  let operations = 0;
  const [, , , count, totals, sumLength] = header;

  const addressOf = ({ memory, offset, stride }: Rows<Floats>): number =>
    memory.address + (offset + first * stride) * 4;
  /** Writes an operation: its kind, the argument that each of the moving rows is, and all arguments. */
  function write(
    kind: number,
    moving: readonly (readonly [argument: number, rows: SequenceRows<Floats>])[],
    args: readonly number[],
  ) {
    const moves = moving.flatMap(([argument, { advance }]) => (advance === 0 ? [] : [argument, advance * 4]));
    const length = OPERATION + moves.length + args.length;
    integers.set([kind, length, moves.length / MOVE, ...moves, ...args], at);
    at += length;
    operations++;
  }

  let total = totals;
  for (const { products, program, rows } of stages) {
    for (const product of products) {
      const { result } = product;
      if (product.kind === 'row') {
        const { name, parts, width, operand } = product;
        const [from, to] = [addressOf(operand), addressOf(result)];
        const args = [from, operand.stride * 4, to, result.stride * 4, count, width, parts];
        write(
          ROW_OPERATION,
          [
            [1, operand],
            [3, result],
          ],
          [ROW_OPERATIONS[name], ...args],
        );
        continue;
      }
      const { left, right, accumulate } = product;
      const { packed, depth, columns } = right;
      if (!packed) throw new Error('the right-hand side of a product in a time loop must be packed');
      write(
        PRODUCT,
        [
          [0, left],
          [4, result],
        ],
        [
          ...[addressOf(left), left.stride * 4, 4, packed.panels],
          ...[addressOf(result), result.stride * 4, 4, count, depth, columns, Number(accumulate)],
        ],
      );
    }
    const { loads, stores } = rows;
    if (stores.length === 0) continue;
    const { units, code, sums, sumCount } = program;
    const ownSums = total + sumLength * 4;
    const entries = [...loads, ...stores].map((row, i): readonly number[] => {
      const sum = i < loads.length ? -1 : sums[i - loads.length];
      return sum < 0 ? [addressOf(row), row.stride * 4] : [ownSums + sum * units * 4, 0];
    });
    const moving = [...loads, ...stores].map((row, i) => [PROGRAM_ARGUMENTS + ENTRY * i, row] as const);
    write(
      PROGRAM,
      moving.filter((_, i) => i < loads.length || sums[i - loads.length] < 0),
      [code.address, code.length, ownSums, sumCount * units, total, ...entries.flat()],
    );
    total += sumCount * units * 4;
  }
  integers.set(header, start);
  integers[start + 2] = operations;
}
