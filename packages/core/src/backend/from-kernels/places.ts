import type { Loop, MatrixReference, Reference, Source } from '../../loop/loop.js';
import type { Matrix, SequenceRows } from '../kernels.js';
import type { Chunk, Shape } from './chunks.js';
import type { AnyKernels } from './matrices.js';

/** Rows that the time loop moves from step to step, in place. */
export interface MovingRows<Memory> extends SequenceRows<Memory> {
  offset: number;
}

/** The place of a buffer: where its first row is at the first step, and the numbers from row to row and from step to step. */
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
  /** The rows of a reference at the step of a chunk that the loop takes first. */
  rows(reference: Reference, chunk: Chunk): MovingRows<Memory>;
  /** The rows of a reference at all steps of a chunk, as a matrix. */
  matrix(reference: Reference, chunk: Chunk): Matrix<Memory>;
  /** The rows of a buffer of kind `states` where the loop begins a chunk, or where it leaves it. */
  edge(buffer: number, chunk: Chunk, end: 'begin' | 'leave'): SequenceRows<Memory>;
  /** The rows of a buffer of kind `batch`; a row of zeros for each if there is no buffer. */
  batchRows(buffer: number | undefined, chunk: Chunk): SequenceRows<Memory>;
  weights(reference: MatrixReference): Matrix<Memory>;
  /** Releases what was allocated for the call alone. */
  release(): void;
}

/**
 * Allocates the memory of a loop's buffers.
 *
 * @param given finds the caller's buffers; one that is absent counts as zeros.
 * @param saved the buffer of the saved values, if the loop has any.
 * @param largest the largest chunk.
 */
export function placeBuffers<Memory>(
  { buffers, direction, byRows }: Loop,
  { batch, timesteps, timeMajor, reverse }: Shape,
  given: (source: Source) => Memory | undefined,
  saved: Memory | undefined,
  largest: Chunk,
  kernels: AnyKernels<Memory>,
): Places<Memory> {
  const temporaries: Memory[] = [];
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
    const held = life === 'scratch' ? largest : { rows: batch, steps: timesteps };
    const isFixed = rows === 'one' || rows === 'batch';
    const isGiven = rows === 'sequence' || rows === 'mask';
    const steps = isFixed ? 1 : held.steps + (rows === 'states' ? 1 : 0);
    // Whether the steps of a row are neighbours, not the rows of a step.
    const isByRows = isGiven ? rows === 'mask' || !timeMajor : byRows;
    const length = width * steps * (rows === 'one' ? 1 : held.rows);
    const place: BufferPlace<Memory | undefined> = {
      memory: undefined,
      start: 0,
      stride: rows === 'one' ? 0 : isByRows ? width * steps : width,
      step: isFixed ? 0 : isByRows ? width : width * held.rows,
    };
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
    if (reverse && (isGiven || byRows)) {
      place.start += (steps - 1) * place.step;
      place.step *= -1;
    }
    return place as BufferPlace<Memory>;
  });
  if (scratchLength > 0) {
    // One piece for all: a short step would otherwise spend its time on allocations.
    const scratch = temporary(kernels.allocate(scratchLength));
    for (const place of inScratch) place.memory = scratch;
  }

  /** Columns of the rows at a step of a chunk. */
  function rowsAt(buffer: number, chunk: Chunk, local: number, column = 0): MovingRows<Memory> {
    const { memory, start, stride, step } = places[buffer];
    const first = buffers[buffer].life === 'scratch' ? 0 : chunk.row * stride + chunk.step * step;
    return { memory, offset: start + first + local * step + column, stride, advance: direction * step };
  }

  return {
    memory: (buffer) => places[buffer].memory,
    rows: ({ buffer, at, column }, chunk) =>
      rowsAt(buffer, chunk, (direction === 1 ? 0 : chunk.steps - 1) + (at === 'after' ? 1 : 0), column),
    matrix({ buffer, at, column }, chunk) {
      // From the step with the lowest address on.
      const step = places[buffer].step < 0 ? chunk.steps - 1 : at === 'after' ? 1 : 0;
      const { memory, offset } = rowsAt(buffer, chunk, step, column);
      return { memory, offset, rowStride: buffers[buffer].width, columnStride: 1 };
    },
    edge: (buffer, chunk, end) =>
      rowsAt(buffer, chunk, (end === 'begin') === (direction === 1) ? 0 : chunk.steps),
    batchRows: (buffer, chunk) =>
      buffer === undefined ? { memory: zeros(), offset: 0, stride: 0, advance: 0 } : rowsAt(buffer, chunk, 0),
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
