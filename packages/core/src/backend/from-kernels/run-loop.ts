import type {
  Loop,
  LoopStage,
  Reference,
  RowsProduct,
  Source,
  StepProduct,
  WeightsProduct,
} from '../../loop/loop.js';
import type { SequenceRows, SequenceStage } from '../kernels.js';
import { type Chunk, chunksOf, type Shape } from './chunks.js';
import type { CompiledLoop } from './compiled-loops.js';
import { type AnyKernels, asMatrix, transpose } from './matrices.js';
import { type MovingRows, placeBuffers } from './places.js';
import type { RunWeightProducts } from './weight-products.js';

/** The buffers of a call. */
export interface CallBuffers<Memory> {
  /** Finds the caller's buffers; one that is absent counts as zeros. */
  given(source: Source): Memory | undefined;
  /** Takes a result. */
  result(source: Source, memory: Memory): void;
  /** The buffer of the saved values, if the loop has any. */
  readonly saved: Memory | undefined;
}

type BoundStage<Memory> = SequenceStage<Memory, unknown, unknown>;

/**
 * Runs a loop with a device's kernels.
 *
 * It goes chunk by chunk: the work before the steps, the steps, the work after them. So what one part writes is still in a
 * cache when the next reads it. A loop by rows begins and ends in every chunk.
 *
 * @param runWeightProducts runs the products of a stage after the steps that give gradients of weights, before the others.
 */
export function runLoop<Memory>(
  kernels: AnyKernels<Memory>,
  loop: Loop,
  compiled: CompiledLoop,
  shape: Shape,
  { given, result, saved }: CallBuffers<Memory>,
  runWeightProducts?: RunWeightProducts,
): void {
  const { buffers, carried, byRows } = loop;
  const { batch, timesteps } = shape;
  const chunks = chunksOf(loop, shape);
  const places = placeBuffers(loop, shape, given, saved, chunks[0], kernels);
  if (loop.direction === -1) chunks.reverse();
  /** The prepared weights of each product. */
  const prepared = new Map<RowsProduct, unknown>();

  function prepareWeights(product: RowsProduct): unknown {
    const known = prepared.get(product);
    if (known !== undefined) return known;
    const { weights, transposed } = product;
    const { rows, columns } = weights;
    const matrix = places.weights(weights);
    const right = transposed
      ? kernels.prepareWeights(transpose(matrix), batch * timesteps, columns, rows)
      : kernels.prepareWeights(matrix, batch * timesteps, rows, columns);
    prepared.set(product, right);
    return right;
  }

  /** A stage with its memory in a chunk. */
  function bind(
    { program: { loads, stores } }: LoopStage<unknown>,
    program: unknown,
    products: readonly StepProduct[],
    chunk: Chunk,
  ): BoundStage<Memory> {
    const rowsOf = (reference: Reference) => places.rows(reference, chunk);
    return {
      products: products.map((product): BoundStage<Memory>['products'][number] => {
        const result = rowsOf(product.result);
        if (product.kind === 'row') {
          const { kind, name, parts, operand } = product;
          return { kind, name, parts, width: operand.width, operand: rowsOf(operand), result };
        }
        const left = rowsOf(product.left);
        const { accumulate } = product;
        return { kind: 'product', left, right: prepareWeights(product), result, accumulate };
      }),
      program,
      rows: { loads: loads.map(rowsOf), stores: stores.map(({ slot }) => rowsOf(slot)) },
    };
  }

  /** Copies a row of `width` numbers for each batch row of a chunk. */
  function copy(
    operand: SequenceRows<Memory>,
    to: SequenceRows<Memory>,
    width: number,
    { rows }: Chunk,
  ): void {
    kernels.runRows({ kind: 'row', name: 'copy', parts: 1, width, operand, result: to }, 0, rows);
  }

  /** Runs stages step by step. */
  function runSteps(stages: readonly BoundStage<Memory>[], { rows: count, steps }: Chunk): void {
    if (steps > 1 && kernels.runSequence !== undefined) {
      const isOneProgram = stages.length === 1 && stages[0].products.length === 0;
      kernels.runSequence(stages, steps, 0, count, byRows !== undefined && isOneProgram);
      return;
    }
    for (let step = 0; step < steps; step++) {
      for (const { products, program, rows } of stages) {
        for (const product of products) {
          if (product.kind === 'row') {
            kernels.runRows(product, 0, count);
            moveOn(product.operand);
          } else {
            const { left, right, result, accumulate } = product;
            kernels.multiply(asMatrix(left), right, asMatrix(result), count, accumulate);
            moveOn(left);
          }
          moveOn(product.result);
        }
        if (rows.stores.length === 0) continue;
        kernels.run(program, rows, 0, count);
        for (const row of rows.loads) moveOn(row);
        for (const row of rows.stores) moveOn(row);
      }
    }
  }

  /** Runs stages on all steps of a chunk at once, one stage after the other. */
  function runOverChunk(
    stages: readonly LoopStage<RowsProduct | WeightsProduct>[],
    programs: readonly unknown[],
    chunk: Chunk,
  ): void {
    for (let i = 0; i < stages.length; i++) {
      runWeightProducts?.(kernels, loop, stages[i].products, places, chunk, chunk === chunks[0]);
      for (const product of stages[i].products) {
        if (product.kind !== 'rows') continue;
        const left = places.matrix(product.left, chunk);
        const to = places.matrix(product.result, chunk);
        kernels.multiply(left, prepareWeights(product), to, chunk.rows * chunk.steps, product.accumulate);
      }
      if (stages[i].program.stores.length > 0) runSteps([bind(stages[i], programs[i], [], chunk)], chunk);
    }
  }

  chunks.forEach((chunk, i) => {
    const previous = byRows ? undefined : chunks[i - 1];
    for (const { buffer, initial } of carried) {
      const { width, life } = buffers[buffer];
      const begin = places.edge(buffer, chunk, 'begin');
      if (previous === undefined) copy(places.batchRows(initial, chunk), begin, width, chunk);
      else if (life === 'scratch') copy(places.edge(buffer, previous, 'leave'), begin, width, chunk);
    }
    runOverChunk(loop.before, compiled.before, chunk);
    runSteps(
      loop.body.map((stage, i) => bind(stage, compiled.body[i], stage.products, chunk)),
      chunk,
    );
    runOverChunk(loop.after, compiled.after, chunk);
    if (!byRows && i < chunks.length - 1) return;
    for (const { buffer, final } of carried) {
      if (final === undefined) continue;
      copy(places.edge(buffer, chunk, 'leave'), places.batchRows(final, chunk), buffers[buffer].width, chunk);
    }
  });
  for (const right of prepared.values()) kernels.releaseRight(right);
  places.release();
  buffers.forEach(({ life, source }, buffer) => {
    if (life === 'result' && source !== undefined) result(source, places.memory(buffer));
  });
}

/** Moves rows to the next step. */
function moveOn<Memory>(rows: SequenceRows<Memory>): void {
  (rows as MovingRows<Memory>).offset += rows.advance;
}
