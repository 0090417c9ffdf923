import type { Loop, MatrixReference, Reference, Source } from '../../loop/loop.js';
import type { Matrix, SequenceRows } from '../kernels.js';
import { sequenceLayout } from '../sequences.js';
import type { Chunk, Shape } from './chunks.js';
import type { AnyKernels } from './matrices.js';

/** Rows that the time loop moves from step to step and from chunk to chunk, in place. */
export interface MovingRows<Memory> extends SequenceRows<Memory> {
  offset: number;
}

/** Rows with what moves them: the step at which the offset is `start` is the first of a chunk if `isLocal`, else of all. */
interface Moved<Memory> {
  readonly rows: MovingRows<Memory>;
  readonly start: number;
  readonly isLocal: boolean;
}

/** The place of a buffer: where it begins, and the numbers from row to row and from step to step. */
interface BufferPlace<Memory> {
  memory: Memory;
  start: number;
  stride: number;
  step: number;
}

/** Scratch buffers begin at multiples of so many numbers: a cache line. */
const ALIGNMENT = 16;

/** The places in the memory of a loop's buffers that references name. */
export interface Places<Memory> {
  memory(buffer: number): Memory;
  /** The rows of a reference, at the step that the loop takes first; `startChunk` moves them to that of a chunk. */
  rows(reference: Reference): MovingRows<Memory>;
  /** Moves all rows to the step of a chunk that the loop takes first. */
  startChunk(chunk: Chunk): void;
  /** The rows of a reference at all steps of a chunk, as a matrix. */
  matrix(reference: Reference, chunk: Chunk): Matrix<Memory>;
  /** The rows of a buffer of kind `states` where the loop begins a chunk, or where it leaves it. */
  edge(buffer: number, chunk: Chunk, end: 'begin' | 'leave'): SequenceRows<Memory>;
  /** All rows of a buffer of kind `batch`; a row of zeros for each if there is no buffer. */
  batchRows(buffer: number | undefined): SequenceRows<Memory>;
  weights(reference: MatrixReference): Matrix<Memory>;
  /** Releases what was allocated for the call alone. */
  release(): void;
}

/**
 * Allocates the memory of a loop's buffers.
 *
 * @param given finds the caller's buffers; one that is absent counts as zeros.
 * @param saved the buffer of the saved values, if the loop has any.
 * @param longest the steps of the longest chunk.
 */
export function placeBuffers<Memory>(
  { buffers, direction }: Loop,
  shape: Shape,
  given: (source: Source) => Memory | undefined,
  saved: Memory | undefined,
  longest: number,
  kernels: AnyKernels<Memory>,
): Places<Memory> {
  const { batch, timesteps, reverse } = shape;
  const layout = sequenceLayout(shape);
  const temporaries: Memory[] = [];
  const moved: Moved<Memory>[] = [];
  let zeroRow: Memory | undefined;

  function temporary(memory: Memory): Memory {
    temporaries.push(memory);
    return memory;
  }

  /** A row of zeros, as long as any row of the loop. */
  function zeros(): Memory {
    zeroRow ??= temporary(
      kernels.zeros(Math.max(...buffers.map(({ rows, width }) => (rows === 'one' ? 0 : width)))),
    );
    return zeroRow;
  }

  let savedLength = 0;
  let scratchLength = 0;
  const inScratch: BufferPlace<Memory | undefined>[] = [];
  const places = buffers.map(({ life, source, zeroed, rows, width }) => {
    const place: BufferPlace<Memory | undefined> = { memory: undefined, start: 0, stride: width, step: 0 };
    let length = width;
    if (rows === 'one') place.stride = 0;
    else if (rows === 'sequence') {
      place.stride = width * layout.row;
      place.step = width * layout.step;
    } else if (rows === 'mask') {
      place.stride = timesteps;
      place.step = 1;
    } else {
      length *= batch;
      if (rows !== 'batch') place.step = length;
    }
    if (rows === 'sequence' || rows === 'mask') length *= batch * timesteps;
    else if (rows === 'steps' || rows === 'states') {
      length *= (life === 'scratch' ? longest : timesteps) + (rows === 'states' ? 1 : 0);
    }
    if (life === 'given') {
      place.memory = source && given(source);
      if (place.memory === undefined) {
        place.memory = zeros();
        place.stride = 0;
        place.step = 0;
      }
    } else if (life === 'result') {
      place.memory = zeroed ? kernels.zeros(length) : kernels.allocate(length);
    } else if (life === 'saved') {
      place.memory = saved;
      place.start = savedLength;
      savedLength += length;
    } else if (zeroed) place.memory = temporary(kernels.zeros(length));
    else {
      inScratch.push(place);
      place.start = scratchLength;
      scratchLength += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    }
    return place as BufferPlace<Memory>;
  });
  if (scratchLength > 0) {
    // One piece for all: a short step would otherwise spend its time on allocations.
    const scratch = temporary(kernels.allocate(scratchLength));
    for (const place of inScratch) place.memory = scratch;
  }

  function rowsOf({ buffer, at, column }: Reference): MovingRows<Memory> {
    const { rows: kind, life } = buffers[buffer];
    const { memory, start, stride, step } = places[buffer];
    const isReversed = reverse === true && (kind === 'sequence' || kind === 'mask');
    const first = start + column + (isReversed ? (timesteps - 1) * step : at === 'after' ? step : 0);
    const rows = {
      memory,
      offset: first,
      stride,
      advance: isReversed ? -direction * step : direction * step,
    };
    if (step > 0) moved.push({ rows, start: first, isLocal: life === 'scratch' });
    return rows;
  }

  /** The rows at a step of a chunk, in a buffer of kind `steps` or `states`. */
  function rowsAt(buffer: number, chunk: Chunk, step: number): SequenceRows<Memory> {
    const { memory, start, stride, step: numbers } = places[buffer];
    const first = buffers[buffer].life === 'scratch' ? 0 : chunk.first;
    return { memory, offset: start + (first + step) * numbers, stride, advance: 0 };
  }

  return {
    memory: (buffer) => places[buffer].memory,
    rows: rowsOf,
    startChunk({ first, count }) {
      const local = direction === 1 ? 0 : count - 1;
      for (const { rows, start, isLocal } of moved) {
        rows.offset = start + (isLocal ? local : first + local) * direction * rows.advance;
      }
    },
    matrix({ buffer, at, column }, chunk) {
      const { memory, offset, stride } = rowsAt(buffer, chunk, at === 'after' ? 1 : 0);
      return { memory, offset: offset + column, rowStride: stride, columnStride: 1 };
    },
    edge: (buffer, chunk, end) =>
      rowsAt(buffer, chunk, (end === 'begin') === (direction === 1) ? 0 : chunk.count),
    batchRows: (buffer) =>
      buffer === undefined
        ? { memory: zeros(), offset: 0, stride: 0, advance: 0 }
        : rowsOf({ buffer, at: 'step', column: 0, width: 0 }),
    weights: ({ buffer, firstRow, firstColumn, stride }) => ({
      memory: places[buffer].memory,
      offset: firstRow * stride + firstColumn,
      rowStride: stride,
      columnStride: 1,
    }),
    release: () => {
      for (const memory of temporaries) kernels.release(memory);
    },
  };
}
