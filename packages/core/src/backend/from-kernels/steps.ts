import type { Rows } from '../kernels.js';

interface MovableRows<Memory> {
  memory: Memory;
  offset: number;
  stride: number;
}

/** What makes rows those of one step, given its place in the sequence and in the order of processing. */
type Move = (step: number, position: number) => void;

/** The time steps in the order of processing. */
export function stepsOf({
  timesteps,
  reverse,
}: {
  timesteps: number;
  reverse?: boolean | undefined;
}): number[] {
  return Array.from({ length: timesteps }, (_, i) => (reverse ? timesteps - 1 - i : i));
}

/**
 * The rows that the time loop works on, found once before it. `moveTo` makes all of them those of another step, in place:
 * a step of a single sequence takes a few microseconds, in which there is no time to look for anything.
 */
export class StepRows<Memory> {
  private readonly moves: Move[] = [];
  constructor(
    private readonly timesteps: number,
    private readonly reverse: boolean | undefined,
  ) {}

  /** Makes all rows those of the step that is processed at a position, counted from 0. */
  moveTo(position: number): void {
    const step = this.reverse ? this.timesteps - 1 - position : position;
    for (const move of this.moves) move(step, position);
  }

  /** The same rows at every step, `stride` apart. */
  fixed(memory: Memory, stride: number, offset = 0): Rows<Memory> {
    return { memory, offset, stride };
  }

  /** The step's rows in a `[batch, timesteps, length]` buffer that begins at `start`. */
  sequence(memory: Memory, length: number, start = 0): Rows<Memory> {
    const rows: MovableRows<Memory> = { memory, offset: start, stride: this.timesteps * length };
    this.moves.push((step) => {
      rows.offset = start + step * length;
    });
    return rows;
  }

  /** The rows of the step processed before, in such a buffer; those of `first`, `[batch, length]`, at the first step. */
  previous(first: Memory, memory: Memory, length: number, start = 0): Rows<Memory> {
    const rows: MovableRows<Memory> = { memory: first, offset: 0, stride: length };
    const before = this.reverse ? 1 : -1;
    this.moves.push((step, position) => {
      rows.memory = position === 0 ? first : memory;
      rows.offset = position === 0 ? 0 : start + (step + before) * length;
      rows.stride = position === 0 ? length : this.timesteps * length;
    });
    return rows;
  }

  /**
   * Two `[batch, length]` buffers that take turns: `now` is the one of a step's own turn, `other` that of its neighbours;
   * where `first` is given, `other` is that at the first step.
   */
  turns(pair: readonly [Memory, Memory], length: number, first = pair[1]) {
    const now: MovableRows<Memory> = { memory: pair[0], offset: 0, stride: length };
    const other: MovableRows<Memory> = { memory: first, offset: 0, stride: length };
    this.moves.push((_, position) => {
      now.memory = pair[position % 2];
      other.memory = position === 0 ? first : pair[(position + 1) % 2];
    });
    return { now: now as Rows<Memory>, other: other as Rows<Memory> };
  }
}
