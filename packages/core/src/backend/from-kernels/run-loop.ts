import type { Loop, LoopStage, RowsProduct, Source, StepProduct, WeightsProduct } from '../../loop/loop.js';
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
 * cache when the next reads it.
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
  const { buffers, carried } = loop;
  const { batch, timesteps } = shape;
  const chunks = chunksOf(loop, shape);
  const longest = chunks.reduce((most, { count }) => Math.max(most, count), 0);
  const places = placeBuffers(loop, shape, given, saved, longest, kernels);
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

  /** A stage with its memory. */
  function bind(
    { program: { loads, stores } }: LoopStage<unknown>,
    program: unknown,
    products: readonly StepProduct[],
  ): BoundStage<Memory> {
    return {
      products: products.map((product): BoundStage<Memory>['products'][number] => {
        const result = places.rows(product.result);
        if (product.kind === 'row') {
          const { kind, name, parts, operand } = product;
          return { kind, name, parts, width: operand.width, operand: places.rows(operand), result };
        }
        const left = places.rows(product.left);
        const { accumulate } = product;
        return { kind: 'product', left, right: prepareWeights(product), result, accumulate };
      }),
      program,
      rows: { loads: loads.map(places.rows), stores: stores.map(({ slot }) => places.rows(slot)) },
    };
  }

  /** Copies a row of `width` numbers for each batch row. */
  function copy(operand: SequenceRows<Memory>, to: SequenceRows<Memory>, width: number): void {
    kernels.runRows({ kind: 'row', name: 'copy', parts: 1, width, operand, result: to }, 0, batch);
  }

  /** Runs stages step by step. */
  function runSteps(stages: readonly BoundStage<Memory>[], steps: number): void {
    if (steps > 1 && kernels.runSequence !== undefined) {
      kernels.runSequence(stages, steps, 0, batch);
      return;
    }
    for (let step = 0; step < steps; step++) {
      for (const { products, program, rows } of stages) {
        for (const product of products) {
          if (product.kind === 'row') {
            kernels.runRows(product, 0, batch);
            moveOn(product.operand);
          } else {
            const { left, right, result, accumulate } = product;
            kernels.multiply(asMatrix(left), right, asMatrix(result), batch, accumulate);
            moveOn(left);
          }
          moveOn(product.result);
        }
        if (rows.stores.length === 0) continue;
        kernels.run(program, rows, 0, batch);
        for (const row of rows.loads) moveOn(row);
        for (const row of rows.stores) moveOn(row);
      }
    }
  }

  /** Runs stages on all steps of a chunk at once, one stage after the other. */
  function runOverChunk(
    stages: readonly LoopStage<RowsProduct | WeightsProduct>[],
    bound: readonly BoundStage<Memory>[],
    chunk: Chunk,
  ): void {
    for (let i = 0; i < stages.length; i++) {
      runWeightProducts?.(kernels, loop, stages[i].products, places, chunk, batch, chunk === chunks[0]);
      for (const product of stages[i].products) {
        if (product.kind !== 'rows') continue;
        const left = places.matrix(product.left, chunk);
        const to = places.matrix(product.result, chunk);
        kernels.multiply(left, prepareWeights(product), to, batch * chunk.count, product.accumulate);
      }
      if (bound[i].rows.stores.length === 0) continue;
      places.startChunk(chunk);
      runSteps([bound[i]], chunk.count);
    }
  }

  const before = loop.before.map((stage, i) => bind(stage, compiled.before[i], []));
  const body = loop.body.map((stage, i) => bind(stage, compiled.body[i], stage.products));
  const after = loop.after.map((stage, i) => bind(stage, compiled.after[i], []));
  for (const { buffer, initial } of carried) {
    copy(places.batchRows(initial), places.edge(buffer, chunks[0], 'begin'), buffers[buffer].width);
  }
  chunks.forEach((chunk, i) => {
    runOverChunk(loop.before, before, chunk);
    places.startChunk(chunk);
    runSteps(body, chunk.count);
    runOverChunk(loop.after, after, chunk);
    const next = chunks[i + 1];
    for (const { buffer, final } of carried) {
      const { width, life } = buffers[buffer];
      const from = places.edge(buffer, chunk, 'leave');
      if (next === undefined) {
        if (final !== undefined) copy(from, places.batchRows(final), width);
      } else if (life === 'scratch') copy(from, places.edge(buffer, next, 'begin'), width);
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
