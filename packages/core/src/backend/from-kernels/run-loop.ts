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
import { type MovingRows, Places } from './places.js';
import { Temporaries } from './temporaries.js';

/** The buffers of a call. */
export interface CallBuffers<Memory> {
  /** Finds the caller's buffers; one that is absent counts as zeros. */
  given(source: Source): Memory | undefined;
  /** Takes a result. */
  result(source: Source, memory: Memory): void;
  /** The buffer of the saved values, if the loop has any. */
  readonly saved: Memory | undefined;
}

/**
 * Runs a loop with a device's kernels.
 *
 * It goes chunk by chunk: the work before the steps, the steps, the work after them. So what one part writes is still in a
 * cache when the next reads it.
 */
export function runLoop<Memory>(
  kernels: AnyKernels<Memory>,
  loop: Loop,
  compiled: CompiledLoop,
  shape: Shape,
  { given, result, saved }: CallBuffers<Memory>,
): void {
  const temporaries = new Temporaries(kernels);
  const chunks = chunksOf(loop, shape);
  const longest = chunks.reduce((most, { count }) => Math.max(most, count), 0);
  const places = new Places(loop, shape, given, saved, longest, kernels, temporaries);
  new LoopRun(kernels, loop, compiled, shape, places).run(chunks);
  temporaries.release();
  loop.buffers.forEach(({ life, source }, buffer) => {
    if (life === 'result' && source !== undefined) result(source, places.memory(buffer));
  });
}

type BoundStage<Memory> = SequenceStage<Memory, unknown, unknown>;

class LoopRun<Memory> {
  /** The prepared weights of each product. */
  private readonly weights = new Map<RowsProduct, unknown>();
  private readonly before: readonly BoundStage<Memory>[];
  private readonly body: readonly BoundStage<Memory>[];
  private readonly after: readonly BoundStage<Memory>[];

  constructor(
    private readonly kernels: AnyKernels<Memory>,
    private readonly loop: Loop,
    compiled: CompiledLoop,
    private readonly shape: Shape,
    private readonly places: Places<Memory>,
  ) {
    const over = (stages: readonly LoopStage<unknown>[], programs: readonly unknown[]) =>
      stages.map((stage, i) => this.bind(stage, programs[i], []));
    this.before = over(loop.before, compiled.before);
    this.body = loop.body.map((stage, i) => this.bind(stage, compiled.body[i], stage.products));
    this.after = over(loop.after, compiled.after);
  }

  run(chunks: readonly Chunk[]): void {
    const { kernels, loop, places } = this;
    for (const { buffer, initial } of loop.carried) {
      const { width } = loop.buffers[buffer];
      this.copy(places.batchRows(initial, width), places.edge(buffer, chunks[0], 'begin'), width);
    }
    chunks.forEach((chunk, i) => {
      this.runOverChunk(loop.before, this.before, chunk, i === 0);
      places.startChunk(chunk);
      this.runSteps(this.body, chunk.count);
      this.runOverChunk(loop.after, this.after, chunk, i === 0);
      const next = chunks[i + 1];
      for (const { buffer, final } of loop.carried) {
        const { width, life } = loop.buffers[buffer];
        const from = places.edge(buffer, chunk, 'leave');
        if (next === undefined) {
          if (final !== undefined) this.copy(from, places.batchRows(final, width), width);
        } else if (life === 'scratch') this.copy(from, places.edge(buffer, next, 'begin'), width);
      }
    });
    for (const right of this.weights.values()) kernels.releaseRight(right);
  }

  /** Copies a row of `width` numbers for each batch row. */
  private copy(operand: SequenceRows<Memory>, result: SequenceRows<Memory>, width: number): void {
    this.kernels.runRows(
      { kind: 'row', name: 'copy', parts: 1, width, operand, result },
      0,
      this.shape.batch,
    );
  }

  /** Runs stages on all steps of a chunk at once, one stage after the other. */
  private runOverChunk(
    stages: readonly LoopStage<RowsProduct | WeightsProduct>[],
    bound: readonly BoundStage<Memory>[],
    chunk: Chunk,
    isFirst: boolean,
  ): void {
    for (let i = 0; i < stages.length; i++) {
      this.runProducts(stages[i].products, chunk, isFirst);
      if (bound[i].rows.stores.length === 0) continue;
      this.places.startChunk(chunk);
      this.runSteps([bound[i]], chunk.count);
    }
  }

  /** Products over all steps of a chunk. Neighbouring ones with the same right-hand side prepare it once. */
  private runProducts(
    products: readonly (RowsProduct | WeightsProduct)[],
    chunk: Chunk,
    isFirst: boolean,
  ): void {
    const { kernels, places, loop } = this;
    const rows = this.shape.batch * chunk.count;
    let prepared: { readonly from: Reference; readonly right: unknown } | undefined;
    const release = () => {
      if (prepared !== undefined) kernels.releaseRight(prepared.right);
    };
    for (const product of products) {
      const left = places.matrix(product.left, chunk);
      if (product.kind === 'rows') {
        const result = places.matrix(product.result, chunk);
        kernels.multiply(left, this.prepareWeights(product), result, rows, product.accumulate);
        continue;
      }
      const { right: from, result } = product;
      const depth = product.left.width;
      if (prepared?.from !== from) {
        release();
        prepared = { from, right: kernels.prepare(places.matrix(from, chunk), depth, rows, from.width) };
      }
      const accumulate = !isFirst || loop.buffers[result.buffer].zeroed === true;
      kernels.multiply(transpose(left), prepared.right, places.weights(result), depth, accumulate);
    }
    release();
  }

  /** The prepared weights of a product of rows. */
  private prepareWeights(product: RowsProduct): unknown {
    const found = this.weights.get(product);
    if (found !== undefined) return found;
    const { kernels, shape } = this;
    const { weights, transposed } = product;
    const matrix = this.places.weights(weights);
    const { rows, columns } = weights;
    const total = shape.batch * shape.timesteps;
    const right = transposed
      ? kernels.prepareWeights(transpose(matrix), total, columns, rows)
      : kernels.prepareWeights(matrix, total, rows, columns);
    this.weights.set(product, right);
    return right;
  }

  /** A stage with its memory. */
  private bind(
    { program: { loads, stores } }: LoopStage<unknown>,
    program: unknown,
    products: readonly StepProduct[],
  ): BoundStage<Memory> {
    const { places } = this;
    return {
      products: products.map((product): BoundStage<Memory>['products'][number] => {
        const result = places.rows(product.result);
        if (product.kind === 'row') {
          const { kind, name, parts, operand } = product;
          return { kind, name, parts, width: operand.width, operand: places.rows(operand), result };
        }
        const left = places.rows(product.left);
        const { accumulate } = product;
        return { kind: 'product', left, right: this.prepareWeights(product), result, accumulate };
      }),
      program,
      rows: {
        loads: loads.map((reference) => places.rows(reference)),
        stores: stores.map(({ slot }) => places.rows(slot)),
      },
    };
  }

  /** Runs stages step by step. */
  private runSteps(stages: readonly BoundStage<Memory>[], steps: number): void {
    const { kernels } = this;
    const { batch } = this.shape;
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
            moveOn(product.result);
          } else {
            const { left, right, result, accumulate } = product;
            kernels.multiply(asMatrix(left), right, asMatrix(result), batch, accumulate);
            moveOn(left);
            moveOn(result);
          }
        }
        if (rows.stores.length === 0) continue;
        kernels.run(program, rows, 0, batch);
        for (const row of rows.loads) moveOn(row);
        for (const row of rows.stores) moveOn(row);
      }
    }
  }
}

/** Moves rows to the next step. */
function moveOn<Memory>(rows: SequenceRows<Memory>): void {
  (rows as MovingRows<Memory>).offset += rows.advance;
}
