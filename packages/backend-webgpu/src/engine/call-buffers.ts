import {
  type Arguments,
  type LoopBuffer,
  type MatrixReference,
  type Reference,
  type SequenceInputs,
  type SequenceLayout,
  sequenceLayout,
} from '@sluice/core/backend';
import type { Chunk } from './chunks.js';
import { evenStride, type GpuMatrix, type Mask, type Stride } from './kernels/multiply.js';
import { recordTransposition } from './kernels/weights.js';
import { slicesOfStage } from './loop/parallel.js';
import { PRODUCTS, SAVED, transposedName, WORK } from './loop/places.js';
import type { ReadyLoop } from './loops.js';
import type { GpuFloats } from './memory.js';
import type { Uniforms } from './recorder.js';
import type { Run } from './run.js';

export type Shape = Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor' | 'reverse'>;

/** The buffers of a call by name of their binding, the places of a loop's buffers in them, and the uniforms that hold these. */
export class CallBuffers {
  readonly bound = new Map<string, GPUBuffer>();
  readonly results = new Map<number, GpuFloats>();
  readonly uniforms: Uniforms;
  /** The length of the matrices at the start of the workspace. */
  readonly matrixLength: number;
  /** Where the sums of batch rows begin in the workspace, and how many rows they are. */
  readonly sumsStart: number;
  readonly sumRows: number;
  /** Where each of the loop's buffers begins in its binding. */
  private readonly starts: number[] = [];
  private readonly buffers: readonly LoopBuffer[];
  private readonly layout: SequenceLayout;
  private workLength = 0;

  private readonly longest: number;

  /**
   * @param chunks in the order in which the loop takes them; the first is the longest.
   * @param saved the values for the gradient, with a place for each step; without, two places take turns, or steps of a parallel
   * loop have places for a chunk.
   */
  constructor(
    private readonly run: Run,
    private readonly ready: ReadyLoop,
    private readonly shape: Shape,
    private readonly given: Arguments<GpuFloats>,
    private readonly chunks: readonly Chunk[],
    private readonly saved: GpuFloats | undefined,
  ) {
    const { places } = ready;
    const { batch, timesteps, reverse = false } = shape;
    this.buffers = ready.loop.buffers;
    this.longest = chunks[0].count;
    this.layout = sequenceLayout(shape);
    const transposed = this.reserveMatrices();
    this.matrixLength = this.workLength;
    this.reserveRows();
    this.sumRows = batch * this.slicesOfSums();
    this.sumsStart = this.reserve(this.sumRows * (places.numbers.sumColumns ?? 0));
    this.allocate();
    this.uniforms = {
      ...places.numbers,
      ...transposed,
      ...Object.fromEntries(
        places.starts.map(({ name, buffer, column }) => [name, this.starts[buffer] + column]),
      ),
      ...Object.fromEntries(places.sums.map(({ name, column }) => [name, this.sumsStart + column])),
      batch,
      timesteps,
      rowCells: this.layout.row,
      stepCells: this.layout.step,
      reverse: Number(reverse),
      keep: Number(this.isKept),
      hasOutputCotangent: Number(this.isGiven('outputCotangent')),
    };
    this.copyGiven();
    this.transpose(transposed);
  }

  /** The rows of a reference at all steps of a chunk, step by step, as a matrix. */
  matrix(reference: Reference, chunk: Chunk): GpuMatrix {
    const { width } = this.buffers[reference.buffer];
    return {
      buffer: this.bound.get(this.bindingOf(this.buffers[reference.buffer])) as GPUBuffer,
      offset: this.offset(reference, chunk) + reference.column,
      rows: this.strideOf(reference, width),
      columns: evenStride(1),
    };
  }

  /** A part of a matrix in a parameter or in its gradient. */
  weights({ buffer, firstRow, firstColumn, stride }: MatrixReference): GpuMatrix {
    const { buffer: memory } = this.results.get(buffer) ?? (this.givenBuffer(buffer) as GpuFloats);
    return {
      buffer: memory,
      offset: firstRow * stride + firstColumn,
      rows: evenStride(stride),
      columns: evenStride(1),
    };
  }

  mask(reference: Reference, chunk: Chunk): Mask {
    const { buffer } = this.givenBuffer(reference.buffer) as GpuFloats;
    return {
      buffer,
      offset: this.offset(reference, chunk),
      stride: this.strideOf(reference, 1),
      of: 'depth',
    };
  }

  /** Records copying the rows before the first step into their buffers. */
  begin(): void {
    const { loop } = this.ready;
    for (const { buffer, initial } of loop.carried) {
      const { target, at, length } = this.edge(
        buffer,
        loop.direction === 1 ? 'first' : 'last',
        this.chunks[0],
      );
      const source = initial === undefined ? undefined : this.givenBuffer(initial);
      this.run.recorder.place(source, target, at, length);
    }
  }

  /** Records copying the rows that pass from one chunk of a parallel loop to the next, unless they are in the same place. */
  passOn(from: Chunk, to: Chunk): void {
    const { loop, places } = this.ready;
    if (!places.isParallel) return;
    const { recorder, allocateTemporary } = this.run;
    const step = loop.direction === 1 ? to.first : from.first;
    for (const { buffer } of loop.carried) {
      const [source, target] = [from, to].map((chunk) => this.rowsAt(buffer, step, chunk));
      if (source.at === target.at) continue;
      // A copy has two buffers.
      const between = allocateTemporary(source.length);
      recorder.copy(source.target, source.at, between, 0, source.length);
      recorder.copy(between, 0, target.target, target.at, target.length);
    }
  }

  /** Records copying the rows after the last step into results. */
  finish(): void {
    const { loop } = this.ready;
    for (const { buffer, final } of loop.carried) {
      if (final === undefined) continue;
      const last = this.chunks[this.chunks.length - 1];
      const { target, at, length } = this.edge(buffer, loop.direction === 1 ? 'last' : 'first', last);
      this.run.recorder.copy(target, at, (this.results.get(final) as GpuFloats).buffer, 0, length);
    }
  }

  private bindingOf(buffer: LoopBuffer): string {
    return this.ready.places.bindingOf(buffer);
  }

  /** Whether the caller keeps what is saved. */
  get isKept(): boolean {
    return this.saved !== undefined;
  }

  private reserve(length: number): number {
    const start = this.workLength;
    this.workLength += length;
    return start;
  }

  /** Reserves places for the matrices that the steps multiply by; returns those of transposed copies. */
  private reserveMatrices(): Record<string, number> {
    const transposed: Record<string, number> = {};
    this.ready.places.products.forEach((product, index) => {
      const { buffer, rows, columns } = product.weights;
      if (product.transposed) transposed[transposedName(index)] = this.reserve(rows * columns);
      else this.starts[buffer] ??= this.reserve(this.buffers[buffer].width);
    });
    return transposed;
  }

  /** Reserves places for all other rows that kernels and matrix products use. */
  private reserveRows(): void {
    const { loop, places } = this.ready;
    const used = new Set(places.starts.map(({ buffer }) => buffer));
    for (const product of [...loop.before, ...loop.after].flatMap(({ products }) => products)) {
      // Kernels have the places of what they use.
      if (product.kind === 'row' || product.kind === 'scan') continue;
      used.add(product.left.buffer);
      used.add(product.kind === 'rows' ? product.result.buffer : product.right.buffer);
    }
    let savedLength = 0;
    let productsLength = 0;
    this.buffers.forEach((buffer, index) => {
      const binding = this.bindingOf(buffer);
      if (binding === SAVED) {
        this.starts[index] = savedLength;
        savedLength += this.length(buffer);
      } else if (binding === PRODUCTS) {
        this.starts[index] = productsLength;
        productsLength += this.length(buffer);
      } else if (binding !== WORK) this.starts[index] = 0;
      else if (used.has(index)) this.starts[index] ??= this.reserve(this.length(buffer));
    });
    const { run, saved } = this;
    if (productsLength > 0) this.bound.set(PRODUCTS, run.allocateTemporary(productsLength));
    if (savedLength > 0) this.bound.set(SAVED, saved?.buffer ?? run.allocateTemporary(savedLength));
  }

  private allocate(): void {
    const { run, bound } = this;
    bound.set(WORK, run.allocateTemporary(this.workLength));
    this.buffers.forEach((buffer, index) => {
      if (buffer.life === 'scratch' && buffer.zeroed && this.starts[index] !== undefined) {
        run.recorder.clear(bound.get(WORK) as GPUBuffer, this.starts[index], this.length(buffer));
      } else if (buffer.life === 'result') {
        const result = run.allocateResult(this.length(buffer));
        this.results.set(index, result);
        if (buffer.zeroed) run.recorder.clear(result.buffer, 0, result.length);
        bound.set(
          this.bindingOf(buffer),
          this.bindingOf(buffer) === WORK ? (bound.get(WORK) as GPUBuffer) : result.buffer,
        );
      } else if (buffer.life === 'given' && this.bindingOf(buffer) !== WORK) {
        // A placeholder if the caller left it out; kernels ignore it.
        const floats = this.givenBuffer(index);
        bound.set(this.bindingOf(buffer), floats?.buffer ?? run.allocateTemporary(1));
      }
    });
  }

  /** Records copying the caller's small buffers into the workspace, which needs one binding; a device may have eight. */
  private copyGiven(): void {
    const work = this.bound.get(WORK) as GPUBuffer;
    this.buffers.forEach((buffer, index) => {
      if (buffer.life !== 'given' || this.bindingOf(buffer) !== WORK || this.starts[index] === undefined)
        return;
      this.run.recorder.place(this.givenBuffer(index), work, this.starts[index], this.length(buffer));
    });
  }

  /** Records transposing the matrices whose rows neighbouring threads would read. */
  private transpose(transposed: Readonly<Record<string, number>>): void {
    this.ready.places.products.forEach(({ weights, ...product }, index) => {
      if (!product.transposed) return;
      recordTransposition(this.run.recorder, {
        source: (this.givenBuffer(weights.buffer) as GpuFloats).buffer,
        sourceOffset: weights.firstRow * weights.stride + weights.firstColumn,
        sourceStride: weights.stride,
        rows: weights.rows,
        columns: weights.columns,
        target: this.bound.get(WORK) as GPUBuffer,
        targetOffset: transposed[transposedName(index)],
      });
    });
  }

  /** The most slices of the steps that have sums of their own. */
  private slicesOfSums(): number {
    const { loop, places } = this.ready;
    if (!places.isParallel) return 1;
    const summing = [...loop.before, ...loop.after].filter(({ program }) =>
      program.stores.some(({ slot }) => slot.sum),
    );
    const { batch } = this.shape;
    return Math.max(1, ...summing.map(({ width }) => slicesOfStage(this.longest, batch, width).slices));
  }

  private isGiven(kind: 'outputCotangent'): boolean {
    return this.buffers.some(({ source }) => source?.kind === kind && this.given(source) !== undefined);
  }

  private givenBuffer(index: number): GpuFloats | undefined {
    const { source } = this.buffers[index];
    return source === undefined ? undefined : this.given(source);
  }

  /** The numbers of a buffer. Rows that pass from step to step have two places unless they are saved, or the loop is parallel. */
  private length(buffer: LoopBuffer): number {
    const { rows, width, life } = buffer;
    const { batch, timesteps } = this.shape;
    switch (rows) {
      case 'one':
        return width;
      case 'batch':
        return batch * width;
      case 'sequence':
      case 'mask':
        return batch * timesteps * width;
      case 'steps':
        return batch * this.stepsOf(buffer) * width;
      case 'states': {
        if (life === 'saved' && this.isKept) return batch * (timesteps + 1) * width;
        return batch * (this.ready.places.isParallel ? this.longest + 1 : 2) * width;
      }
    }
  }

  /** The steps for which a buffer of kind `steps` has places. */
  private stepsOf(buffer: LoopBuffer): number {
    const { timesteps } = this.shape;
    if (buffer.life === 'scratch') return this.longest;
    if (buffer.life !== 'saved' || this.isKept) return timesteps;
    const { places } = this.ready;
    return places.isParallel && !places.isOnlySaved({ buffer: this.buffers.indexOf(buffer) })
      ? this.longest
      : 1;
  }

  /** Where the rows of a reference begin at the first step of a chunk, in its binding. */
  private offset({ buffer, at }: Reference, { first }: Chunk): number {
    const { batch, timesteps, reverse } = this.shape;
    const { rows, width, life } = this.buffers[buffer];
    const start = this.starts[buffer];
    const time = reverse ? timesteps - 1 - first : first;
    if (rows === 'sequence') return start + time * this.layout.step * width;
    if (rows === 'mask') return time;
    const isOfChunk = life === 'scratch' || (life === 'saved' && !this.isKept);
    const step = (isOfChunk ? 0 : first) + (at === 'after' ? 1 : 0);
    if (rows === 'steps' || life === 'saved' || this.ready.places.isParallel)
      return start + step * batch * width;
    throw new Error(`a matrix product over all steps cannot read ${this.buffers[buffer].name}`);
  }

  private strideOf({ buffer }: Reference, width: number): Stride {
    const { rows } = this.buffers[buffer];
    const { batch, timesteps, reverse } = this.shape;
    const direction = reverse ? -1 : 1;
    if (rows === 'mask') return { period: batch, outer: direction, inner: timesteps };
    if (rows !== 'sequence') return evenStride(width);
    const { row, step } = this.layout;
    return { period: batch, outer: direction * step * width, inner: row * width };
  }

  /** The rows of a buffer of kind `states` before the first step in the order of processing, or after the last. */
  private edge(index: number, end: 'first' | 'last', chunk: Chunk) {
    return this.rowsAt(index, end === 'first' ? 0 : this.shape.timesteps, chunk);
  }

  /** The rows of a buffer of kind `states` before a step, while a chunk is processed. */
  private rowsAt(index: number, step: number, { first }: Chunk) {
    const { batch } = this.shape;
    const { width, life } = this.buffers[index];
    const length = batch * width;
    const otherwise = this.ready.places.isParallel ? step - first : step % 2;
    const place = life === 'saved' && this.isKept ? step : otherwise;
    const target = this.bound.get(this.bindingOf(this.buffers[index])) as GPUBuffer;
    return { target, at: this.starts[index] + place * length, length };
  }
}
