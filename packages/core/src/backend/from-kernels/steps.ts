import type { SequenceInputs } from '../interface.js';
import type { SequenceRows } from '../kernels.js';
import { type SequenceLayout, sequenceLayout } from '../sequences.js';

interface MovableRows<Memory> extends SequenceRows<Memory> {
  memory: Memory;
  offset: number;
  stride: number;
  advance: number;
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
  /** The batch row that is the first in buffers of a group. */
  private firstOfGroup = 0;
  /** From a step to the one behind it in the order of processing, and to the one that the loop takes next. */
  private readonly direction: 1 | -1;
  private readonly next: 1 | -1;
  private readonly timesteps: number;
  private readonly reverse: boolean | undefined;
  private readonly layout: SequenceLayout;

  /** @param backwards whether the loop goes from the last position to the first, as that of a gradient does. */
  constructor(inputs: SequenceInputs<Memory>, backwards = false) {
    const { timesteps, reverse } = inputs;
    this.timesteps = timesteps;
    this.reverse = reverse;
    this.layout = sequenceLayout(inputs);
    this.direction = reverse ? -1 : 1;
    this.next = backwards ? (-this.direction as 1 | -1) : this.direction;
  }

  /** Makes all rows those of the step that is processed at a position, counted from 0. */
  moveTo(position: number): void {
    const step = this.reverse ? this.timesteps - 1 - position : position;
    for (const move of this.moves) move(step, position);
  }

  /** Makes buffers of a group those of the group that begins at a batch row; to be followed by `moveTo`. */
  startGroup(first: number): void {
    this.firstOfGroup = first;
  }

  /** The same rows at every step, `stride` apart. */
  fixed(memory: Memory, stride: number, offset = 0): SequenceRows<Memory> {
    return { memory, offset, stride, advance: 0 };
  }

  /** The step's rows in a buffer of `length` numbers a step, in the layout of the sequence, that begins at `start`. */
  sequence(memory: Memory, length: number, start = 0): SequenceRows<Memory> {
    const stepLength = this.layout.step * length;
    const rows: MovableRows<Memory> = {
      memory,
      offset: start,
      stride: this.layout.row * length,
      advance: this.next * stepLength,
    };
    this.moves.push((step) => {
      rows.offset = start + step * stepLength;
    });
    return rows;
  }

  /** The same in a buffer for the rows of a group alone. */
  inGroup(memory: Memory, length: number, start: number): SequenceRows<Memory> {
    const stepLength = this.layout.step * length;
    const rows: MovableRows<Memory> = {
      memory,
      offset: start,
      stride: this.layout.row * length,
      advance: this.next * stepLength,
    };
    this.moves.push((step) => {
      rows.offset = start + step * stepLength - this.firstOfGroup * this.layout.row * length;
    });
    return rows;
  }

  /**
   * The rows of the step processed before, in such a buffer; those of `first`, `[batch, length]`, at the first step, which
   * cannot be one of several in a sequence.
   */
  previous(first: Memory, memory: Memory, length: number, start = 0): SequenceRows<Memory> {
    const stepLength = this.layout.step * length;
    const rows: MovableRows<Memory> = {
      memory: first,
      offset: 0,
      stride: length,
      advance: this.next * stepLength,
    };
    this.moves.push((step, position) => {
      rows.memory = position === 0 ? first : memory;
      rows.offset = position === 0 ? 0 : start + (step - this.direction) * stepLength;
      rows.stride = position === 0 ? length : this.layout.row * length;
    });
    return rows;
  }

  /** The same `[batch, length]` rows at every step except the first, which has others. */
  exceptFirst(memory: Memory, first: Memory, length: number): SequenceRows<Memory> {
    const rows: MovableRows<Memory> = { memory, offset: 0, stride: length, advance: 0 };
    this.moves.push((_, position) => {
      rows.memory = position === 0 ? first : memory;
    });
    return rows;
  }

  /**
   * Two `[batch, length]` parts of a buffer that take turns: `now` is the one of a step's own turn, `other` that of its
   * neighbours. `size` is that of a part.
   */
  turns(memory: Memory, size: number, length: number) {
    const make = (turn: 0 | 1): SequenceRows<Memory> => {
      const rows: MovableRows<Memory> = { memory, offset: 0, stride: length, advance: 0, alternates: true };
      this.moves.push((_, position) => {
        const second = (position + turn) % 2;
        rows.offset = second * size;
        rows.advance = second ? -size : size;
      });
      return rows;
    };
    return { now: make(0), other: make(1) };
  }
}
