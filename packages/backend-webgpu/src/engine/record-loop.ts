import type { Arguments, LoopProduct, LoopScan, LoopStage, Source } from '@sluice/core/backend';
import { CallBuffers, type Shape } from './call-buffers.js';
import { type Chunk, splitIntoChunks } from './chunks.js';
import { countFlatGroups, type Kernel } from './kernel.js';
import { recordColumnSums } from './kernels/column-sums.js';
import { recordProduct } from './kernels/multiply.js';
import { recordRounding } from './kernels/weights.js';
import { slicesOfStage } from './loop/parallel.js';
import { CARRIES, FLOAT16_WEIGHTS, WORK } from './loop/places.js';
import { type ScanKernels, slicesOfScan } from './loop/scan.js';
import { TILE_ROWS, TILE_UNITS } from './loop/stepwise.js';
import type { ReadyLoop, StageKernel } from './loops.js';
import type { GpuFloats } from './memory.js';
import type { Uniforms } from './recorder.js';
import type { Run } from './run.js';

/** The buffers of a call. */
export interface CallArguments {
  readonly given: Arguments<GpuFloats>;
  /** Takes a result. */
  result(source: Source, floats: GpuFloats): void;
  /** The values for the gradient; undefined if a forward pass does not save them. */
  readonly saved: GpuFloats | undefined;
}

/** Records a pass: for each chunk of time steps the work before them, the steps, and the work after them. */
export function recordLoop(run: Run, ready: ReadyLoop, shape: Shape, call: CallArguments): void {
  const { loop } = ready;
  const chunks = splitIntoChunks(
    {
      timesteps: shape.timesteps,
      numbersPerStep: shape.batch * ready.numbersPerStep,
      depth: Math.max(1, ...[...loop.before, ...loop.after].flatMap(({ products }) => products.map(depthOf))),
      workPerStep: ready.workPerStep,
    },
    loop.direction,
  );
  const buffers = new CallBuffers(run, ready, shape, call.given, chunks, call.saved);
  new LoopRecorder(run, ready, shape, buffers).record(chunks);
  for (const [index, floats] of buffers.results) call.result(loop.buffers[index].source as Source, floats);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Multiplications for each number of a product's longer side. */
const depthOf = (product: LoopProduct | LoopScan): number =>
  product.kind === 'rows' ? product.weights.rows : 1;

class LoopRecorder {
  private readonly bindings = new Map<Kernel, GPUBuffer[]>();

  constructor(
    private readonly run: Run,
    private readonly ready: ReadyLoop,
    private readonly shape: Shape,
    private readonly buffers: CallBuffers,
  ) {}

  record(chunks: readonly Chunk[]): void {
    const { run, ready, buffers } = this;
    const { loop, places } = ready;
    const work = buffers.bound.get(WORK) as GPUBuffer;
    run.recorder.clear(work, buffers.sumsStart, buffers.sumRows * sum(places.sums.map(({ to }) => to.width)));
    buffers.begin();
    if (ready.usesFloat16) {
      buffers.bound.set(FLOAT16_WEIGHTS, recordRounding(run, work, buffers.matrixLength));
    }
    this.allocateCarries(chunks[0].count);
    chunks.forEach((chunk, i) => {
      if (i > 0) {
        buffers.passOn(chunks[i - 1], chunk);
        run.recorder.cut();
      }
      this.recordOverChunk(loop.before, ready.before, chunk, i === 0);
      this.recordSteps(chunk);
      this.recordOverChunk(loop.after, ready.after, chunk, i === 0);
    });
    this.recordSums(work);
    buffers.finish();
  }

  private recordSteps(chunk: Chunk): void {
    const { strategy, body, loop } = this.ready;
    const { batch } = this.shape;
    switch (strategy.kind) {
      case 'parallel':
        return;
      case 'elementwise':
        for (const kernel of body) this.dispatchElementwise(kernel, chunk);
        return;
      case 'resident':
        this.dispatch(body[0].kernel, chunk, [Math.ceil(batch / strategy.rows)]);
        return;
      case 'stepwise':
        for (let i = 0; i < chunk.count; i++) {
          const step = chunk.first + (loop.direction === 1 ? i : chunk.count - 1 - i);
          for (const { kernel, width } of body) {
            const groups = [Math.ceil(width / TILE_UNITS), Math.ceil(batch / TILE_ROWS)] as const;
            this.dispatch(kernel, chunk, groups, { step });
          }
        }
    }
  }

  /** Records stages on all steps of a chunk at once. */
  private recordOverChunk(
    stages: readonly LoopStage<LoopProduct | LoopScan>[],
    kernels: readonly (StageKernel | null)[],
    chunk: Chunk,
    isFirst: boolean,
  ): void {
    stages.forEach(({ products }, i) => {
      for (const product of products) this.recordProduct(product, chunk, isFirst);
      const kernel = kernels[i];
      if (kernel) this.dispatchStage(kernel, chunk);
    });
  }

  private dispatchStage(kernel: StageKernel, chunk: Chunk): void {
    if (!this.ready.places.isParallel) {
      this.dispatchElementwise(kernel, chunk);
      return;
    }
    const { batch } = this.shape;
    const slices = slicesOfStage(chunk.count, batch, kernel.width);
    const groups = countFlatGroups(slices.slices * batch * kernel.width);
    this.dispatch(kernel.kernel, chunk, groups, slices);
  }

  /** Allocates what scans pass between slices. */
  private allocateCarries(steps: number): void {
    const widths = [...this.ready.scans.keys()].map(({ to }) => to.width);
    if (widths.length === 0) return;
    const { slices } = slicesOfScan(steps);
    const length = 2 * slices * this.shape.batch * Math.max(...widths);
    this.buffers.bound.set(CARRIES, this.run.allocateTemporary(length));
  }

  private recordScan(scan: LoopScan, { reduce, carry, apply }: ScanKernels, chunk: Chunk): void {
    const threads = this.shape.batch * scan.to.width;
    const slices = slicesOfScan(chunk.count);
    const ofSlices = countFlatGroups(slices.slices * threads);
    if (slices.slices > 1) {
      this.dispatch(reduce, chunk, ofSlices, slices);
      this.dispatch(carry, chunk, countFlatGroups(threads), slices);
    }
    this.dispatch(apply, chunk, ofSlices, slices);
  }

  private recordProduct(product: LoopProduct | LoopScan, chunk: Chunk, isFirst: boolean): void {
    const { run, buffers, ready } = this;
    if (product.kind === 'row') {
      this.dispatchStage(ready.rows.get(product) as StageKernel, chunk);
      return;
    }
    if (product.kind === 'scan') {
      this.recordScan(product, ready.scans.get(product) as ScanKernels, chunk);
      return;
    }
    const total = this.shape.batch * chunk.count;
    const left = buffers.matrix(product.left, chunk);
    if (product.kind === 'rows') {
      const { weights, transposed, accumulate } = product;
      const matrix = buffers.weights(weights);
      const turned = { ...matrix, rows: matrix.columns, columns: matrix.rows };
      const [depth, columns] = transposed ? [weights.columns, weights.rows] : [weights.rows, weights.columns];
      recordProduct(run, {
        ...{ left, right: transposed ? turned : matrix, result: buffers.matrix(product.result, chunk) },
        ...{ rows: total, depth, columns, accumulate },
      });
      return;
    }
    const { right, result, mask } = product;
    recordProduct(run, {
      left: { ...left, rows: left.columns, columns: left.rows },
      right: buffers.matrix(right, chunk),
      result: buffers.weights(result),
      ...{ rows: product.left.width, depth: total, columns: right.width },
      accumulate: !isFirst || ready.loop.buffers[result.buffer].zeroed === true,
      mask: mask && buffers.mask(mask, chunk),
    });
  }

  /** Records adding up the sums of batch rows. */
  private recordSums(work: GPUBuffer): void {
    const { run, buffers } = this;
    const { sums } = this.ready.places;
    if (sums.length === 0) return;
    const columns = sum(sums.map(({ to }) => to.width));
    const totals = run.allocateTemporary(columns);
    const matrix = { buffer: work, offset: buffers.sumsStart, rows: buffers.sumRows, columns };
    recordColumnSums(run.recorder, matrix, totals);
    for (const { to, column } of sums) {
      const { buffer } = buffers.results.get(to.buffer) as GpuFloats;
      run.recorder.copy(totals, column, buffer, to.column, to.width);
    }
  }

  private dispatchElementwise({ kernel, width }: StageKernel, chunk: Chunk): void {
    this.dispatch(kernel, chunk, countFlatGroups(this.shape.batch * width));
  }

  private dispatch(
    kernel: Kernel,
    { first, count }: Chunk,
    groups: readonly [number, number?],
    more: Uniforms = {},
  ): void {
    const { buffers } = this;
    // One array for each kernel: the recorder then creates one bind group for all steps.
    const bound =
      this.bindings.get(kernel) ?? kernel.bindings.map(({ name }) => buffers.bound.get(name) as GPUBuffer);
    this.bindings.set(kernel, bound);
    const savedFirst = buffers.isKept ? 0 : first;
    const uniforms = { ...buffers.uniforms, savedFirst, firstStep: first, steps: count, ...more };
    this.run.recorder.dispatch(kernel, bound, uniforms, groups);
  }
}
