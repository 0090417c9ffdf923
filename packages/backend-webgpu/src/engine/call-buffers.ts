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
import { bindingOf, SAVED, transposedName, WORK } from './loop/places.js';
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
  /** Where the sums of batch rows begin in the workspace. */
  readonly sumsStart: number;
  /** Where each of the loop's buffers begins in its binding. */
  private readonly starts: number[] = [];
  private readonly buffers: readonly LoopBuffer[];
  private readonly layout: SequenceLayout;
  private workLength = 0;

  /**
   * @param longest the steps of the longest chunk.
   * @param saved the values for the gradient, with a place for each step; without, two places take turns.
   */
  constructor(
    private readonly run: Run,
    private readonly ready: ReadyLoop,
    private readonly shape: Shape,
    private readonly given: Arguments<GpuFloats>,
    private readonly longest: number,
    private readonly saved: GpuFloats | undefined,
  ) {
    const { places } = ready;
    const { batch, timesteps, reverse = false } = shape;
    this.buffers = ready.loop.buffers;
    this.layout = sequenceLayout(shape);
    const transposed = this.reserveMatrices();
    this.matrixLength = this.workLength;
    this.reserveRows();
    this.sumsStart = this.reserve(batch * (places.numbers.sumColumns ?? 0));
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
      keep: Number(saved !== undefined),
      hasOutputCotangent: Number(this.isGiven('outputCotangent')),
    };
    this.copyGiven();
    this.transpose(transposed);
  }

  /** The rows of a reference at all steps of a chunk, step by step, as a matrix. */
  matrix(reference: Reference, chunk: Chunk): GpuMatrix {
    const { width } = this.buffers[reference.buffer];
    return {
      buffer: this.bound.get(bindingOf(this.buffers[reference.buffer])) as GPUBuffer,
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
      const { target, at, length } = this.edge(buffer, loop.direction === 1 ? 'first' : 'last');
      const source = initial === undefined ? undefined : this.givenBuffer(initial);
      this.run.recorder.place(source, target, at, length);
    }
  }

  /** Records copying the rows after the last step into results. */
  finish(): void {
    const { loop } = this.ready;
    for (const { buffer, final } of loop.carried) {
      if (final === undefined) continue;
      const { target, at, length } = this.edge(buffer, loop.direction === 1 ? 'last' : 'first');
      this.run.recorder.copy(target, at, (this.results.get(final) as GpuFloats).buffer, 0, length);
    }
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
      if (product.kind === 'row') throw new Error('operations on whole rows are parts of a time step');
      used.add(product.left.buffer);
      used.add(product.kind === 'rows' ? product.result.buffer : product.right.buffer);
    }
    let savedLength = 0;
    this.buffers.forEach((buffer, index) => {
      const binding = bindingOf(buffer);
      if (binding === SAVED) {
        this.starts[index] = savedLength;
        savedLength += this.length(buffer);
      } else if (binding !== WORK) this.starts[index] = 0;
      else if (used.has(index)) this.starts[index] ??= this.reserve(this.length(buffer));
    });
    const { run, saved } = this;
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
          bindingOf(buffer),
          bindingOf(buffer) === WORK ? (bound.get(WORK) as GPUBuffer) : result.buffer,
        );
      } else if (buffer.life === 'given' && bindingOf(buffer) !== WORK) {
        // A placeholder if the caller left it out; kernels ignore it.
        const floats = this.givenBuffer(index);
        bound.set(bindingOf(buffer), floats?.buffer ?? run.allocateTemporary(1));
      }
    });
  }

  /** Records copying the caller's small buffers into the workspace, which needs one binding; a device may have eight. */
  private copyGiven(): void {
    const work = this.bound.get(WORK) as GPUBuffer;
    this.buffers.forEach((buffer, index) => {
      if (buffer.life !== 'given' || bindingOf(buffer) !== WORK || this.starts[index] === undefined) return;
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

  private isGiven(kind: 'outputCotangent'): boolean {
    return this.buffers.some(({ source }) => source?.kind === kind && this.given(source) !== undefined);
  }

  private givenBuffer(index: number): GpuFloats | undefined {
    const { source } = this.buffers[index];
    return source === undefined ? undefined : this.given(source);
  }

  /** The numbers of a buffer. Rows that pass from step to step have two places unless they are saved. */
  private length({ rows, width, life }: LoopBuffer): number {
    const { batch, timesteps } = this.shape;
    const isKept = this.saved !== undefined;
    switch (rows) {
      case 'one':
        return width;
      case 'batch':
        return batch * width;
      case 'sequence':
      case 'mask':
        return batch * timesteps * width;
      case 'steps': {
        const steps = {
          scratch: this.longest,
          saved: isKept ? timesteps : 1,
          given: timesteps,
          result: timesteps,
        };
        return batch * steps[life] * width;
      }
      case 'states':
        return batch * (life === 'saved' && isKept ? timesteps + 1 : 2) * width;
    }
  }

  /** Where the rows of a reference begin at the first step of a chunk, in its binding. */
  private offset({ buffer, at }: Reference, { first }: Chunk): number {
    const { batch, timesteps, reverse } = this.shape;
    const { rows, width, life } = this.buffers[buffer];
    const start = this.starts[buffer];
    const time = reverse ? timesteps - 1 - first : first;
    if (rows === 'sequence') return start + time * this.layout.step * width;
    if (rows === 'mask') return time;
    if (rows === 'steps' && life === 'scratch') return start;
    const step = first + (at === 'after' ? 1 : 0);
    if (rows === 'steps' || life === 'saved') return start + step * batch * width;
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
  private edge(index: number, end: 'first' | 'last') {
    const { batch, timesteps } = this.shape;
    const { width, life } = this.buffers[index];
    const length = batch * width;
    const step = end === 'first' ? 0 : timesteps;
    const place = life === 'saved' && this.saved !== undefined ? step : step % 2;
    const target = this.bound.get(bindingOf(this.buffers[index])) as GPUBuffer;
    return { target, at: this.starts[index] + place * length, length };
  }
}
