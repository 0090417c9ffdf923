import type { Loop, LoopBuffer, MatrixReference, Reference, Source } from '../../loop/loop.js';
import type { Matrix, SequenceRows } from '../kernels.js';
import { type SequenceLayout, sequenceLayout } from '../sequences.js';
import type { Chunk, Shape } from './chunks.js';
import type { Temporaries } from './temporaries.js';

/** Rows that the time loop moves from step to step and from chunk to chunk, in place. */
export interface MovingRows<Memory> extends SequenceRows<Memory> {
  offset: number;
}

/** Rows with what moves them: the numbers from step to step, and the step at which the offset is `start`. */
interface Moved<Memory> {
  readonly rows: MovingRows<Memory>;
  readonly start: number;
  readonly isLocal: boolean;
}

/** Scratch buffers begin at multiples of so many numbers: a cache line. */
const ALIGNMENT = 16;

/** The memory of a loop's buffers, and the places in it that references name. */
export class Places<Memory> {
  private readonly memories: Memory[] = [];
  /** Where a buffer begins in its memory. */
  private readonly starts: number[] = [];
  private readonly isAbsent: (boolean | undefined)[] = [];
  private readonly moved: Moved<Memory>[] = [];
  private readonly buffers: readonly LoopBuffer[];
  private readonly layout: SequenceLayout;
  /** The first numbers in the order of the loop: those of the last position if it goes back. */
  private readonly isBackward: boolean;
  private zeros: Memory | undefined;

  /**
   * @param given finds the caller's buffers; one that is absent counts as zeros.
   * @param saved the buffer of the saved values, if the loop has any.
   * @param longest the steps of the longest chunk.
   */
  constructor(
    { buffers, direction }: Loop,
    private readonly shape: Shape,
    given: (source: Source) => Memory | undefined,
    saved: Memory | undefined,
    longest: number,
    results: Pick<Temporaries<Memory>, 'allocate' | 'zeros'>,
    private readonly temporaries: Temporaries<Memory>,
  ) {
    this.buffers = buffers;
    this.layout = sequenceLayout(shape);
    this.isBackward = direction === -1;
    let savedLength = 0;
    let scratchLength = 0;
    const inScratch: number[] = [];
    buffers.forEach((buffer, i) => {
      const { life, source, zeroed } = buffer;
      const length = buffer.width * countRows(buffer, shape, life === 'scratch' ? longest : shape.timesteps);
      this.starts[i] = 0;
      if (life === 'given') {
        const found = source === undefined ? undefined : given(source);
        this.isAbsent[i] = found === undefined;
        this.memories[i] = found ?? this.zeroRow();
      } else if (life === 'saved') {
        this.memories[i] = saved as Memory;
        this.starts[i] = savedLength;
        savedLength += length;
      } else if (life === 'result') {
        this.memories[i] = (zeroed ? results.zeros : results.allocate)(length);
      } else if (zeroed) this.memories[i] = temporaries.zeros(length);
      else {
        inScratch.push(i);
        this.starts[i] = scratchLength;
        scratchLength += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      }
    });
    if (inScratch.length === 0) return;
    // One piece for all: a short step would otherwise spend its time on allocations.
    const scratch = temporaries.allocate(scratchLength);
    for (const i of inScratch) this.memories[i] = scratch;
  }

  /** A row of zeros, as long as any row of the loop. */
  private zeroRow(): Memory {
    if (this.zeros === undefined) {
      const widths = this.buffers.map(({ rows, width }) => (rows === 'one' ? 0 : width));
      this.zeros = this.temporaries.zeros(Math.max(...widths));
    }
    return this.zeros;
  }

  memory(buffer: number): Memory {
    return this.memories[buffer];
  }

  /** The rows of a reference, at the step that the loop takes first; `startChunk` moves them to that of a chunk. */
  rows({ buffer, at, column }: Reference): MovingRows<Memory> {
    const { batch, timesteps, reverse } = this.shape;
    const { rows, width, life } = this.buffers[buffer];
    const memory = this.memories[buffer];
    if (this.isAbsent[buffer] || rows === 'one') return { memory, offset: column, stride: 0, advance: 0 };
    if (rows === 'batch') {
      return { memory, offset: this.starts[buffer] + column, stride: width, advance: 0 };
    }
    const direction = this.isBackward ? -1 : 1;
    if (rows === 'steps' || rows === 'states') {
      const step = batch * width;
      const start = this.starts[buffer] + (at === 'after' ? step : 0) + column;
      const isLocal = life === 'scratch';
      return this.move({ memory, offset: start, stride: width, advance: direction * step }, start, isLocal);
    }
    const numbers = rows === 'mask' ? 1 : width * this.layout.step;
    const stride = rows === 'mask' ? timesteps : width * this.layout.row;
    const start = column + (reverse ? timesteps - 1 : 0) * numbers;
    const advance = (reverse ? -direction : direction) * numbers;
    return this.move({ memory, offset: start, stride, advance }, start, false);
  }

  /** Moves all rows to the step of a chunk that the loop takes first. */
  startChunk({ first, count }: Chunk): void {
    const local = this.isBackward ? count - 1 : 0;
    for (const { rows, start, isLocal } of this.moved) {
      const position = isLocal ? local : first + local;
      rows.offset = start + (this.isBackward ? -position : position) * rows.advance;
    }
  }

  /** The rows of a reference at all steps of a chunk, as a matrix. */
  matrix({ buffer, at, column }: Reference, chunk: Chunk): Matrix<Memory> {
    const offset = this.slot(buffer, chunk, at === 'after' ? 1 : 0) + column;
    const rowStride = this.buffers[buffer].width;
    return { memory: this.memories[buffer], offset, rowStride, columnStride: 1 };
  }

  /** The rows of a buffer of kind `states` where the loop begins a chunk, or where it leaves it. */
  edge(buffer: number, chunk: Chunk, end: 'begin' | 'leave'): SequenceRows<Memory> {
    const isLast = (end === 'begin') === this.isBackward;
    const offset = this.slot(buffer, chunk, isLast ? chunk.count : 0);
    return { memory: this.memories[buffer], offset, stride: this.buffers[buffer].width, advance: 0 };
  }

  /** All rows of a buffer of kind `batch`; a row of zeros for each if there is no buffer. */
  batchRows(buffer: number | undefined, width: number): SequenceRows<Memory> {
    if (buffer !== undefined) return this.rows({ buffer, at: 'step', column: 0, width });
    return { memory: this.zeroRow(), offset: 0, stride: 0, advance: 0 };
  }

  weights({ buffer, firstRow, firstColumn, stride }: MatrixReference): Matrix<Memory> {
    return {
      memory: this.memories[buffer],
      offset: firstRow * stride + firstColumn,
      rowStride: stride,
      columnStride: 1,
    };
  }

  private move(rows: MovingRows<Memory>, start: number, isLocal: boolean): MovingRows<Memory> {
    this.moved.push({ rows, start, isLocal });
    return rows;
  }

  /** Where the rows of a step of a chunk begin, in a buffer of kind `steps` or `states`. */
  private slot(buffer: number, { first }: Chunk, step: number): number {
    const { width, life } = this.buffers[buffer];
    return this.starts[buffer] + ((life === 'scratch' ? 0 : first) + step) * this.shape.batch * width;
  }
}

function countRows({ rows }: LoopBuffer, { batch, timesteps }: Shape, steps: number): number {
  switch (rows) {
    case 'one':
      return 1;
    case 'batch':
      return batch;
    case 'sequence':
    case 'mask':
      return batch * timesteps;
    case 'steps':
      return batch * steps;
    case 'states':
      return batch * (steps + 1);
  }
}
