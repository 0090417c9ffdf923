import type { Plan } from '../plan/plan.js';
import { inferenceLoop } from './inference-loop.js';
import type { Loop, LoopBuffer, Reference } from './loop.js';

/** Numbers in a memory: the first of them, and their count. */
export interface FramePlace {
  readonly start: number;
  readonly length: number;
}

/** Rows begin at multiples of this number of numbers, so that a product may write whole groups of columns. */
export const FRAME_ALIGNMENT = 16;

/**
 * One time step of one sequence, a frame of a stream: its loop, and the place of each row in one memory, which a stream keeps
 * from frame to frame. Parameters are not in it.
 */
export interface Frame {
  readonly loop: Loop;
  /** The numbers of the memory. It begins as zeros. */
  readonly length: number;
  readonly input: FramePlace;
  readonly output: FramePlace;
  /** All states behind one another, before the step; after it they are `state.length` numbers further on. */
  readonly state: FramePlace;
  readonly states: readonly FramePlace[];
  /** The first number of a reference's row; undefined for a parameter. */
  startOf(reference: Reference): number | undefined;
}

const aligned = (length: number): number => Math.ceil(length / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;

/** The frame of a plan: inference, without a mask and without dropout. */
export function frameOf(plan: Plan): Frame {
  const loop = inferenceLoop(plan, { masked: 'no', x: 'steps' });
  const { buffers, carried } = loop;
  const starts = new Map<number, number>();
  let length = 0;
  const add = (buffer: number) => {
    starts.set(buffer, length);
    length += aligned(buffers[buffer].width);
  };
  const indexOf = (kind: string) => buffers.findIndex(({ source }) => source?.kind === kind);
  // A frame has its numbers also where the equations do not read them.
  const input = { start: length, length: plan.inputSize };
  if (indexOf('x') >= 0) add(indexOf('x'));
  else length += aligned(plan.inputSize);
  if (indexOf('output') >= 0) add(indexOf('output'));
  const firstState = length;
  for (const { buffer } of carried) add(buffer);
  const stateLength = length - firstState;
  length += stateLength;
  for (const [index, buffer] of buffers.entries()) {
    if (!starts.has(index) && isRow(buffer)) add(index);
  }
  const placeOf = (index: number, width: number): FramePlace => {
    const start = starts.get(index);
    return start === undefined ? { start: 0, length: 0 } : { start, length: width };
  };
  return {
    loop,
    length,
    input,
    output: placeOf(indexOf('output'), plan.outputWidth),
    state: { start: firstState, length: stateLength },
    states: plan.stateWidths.map((width, s) => placeOf(carried[s].buffer, width)),
    startOf: ({ buffer, at, column }) => {
      const start = starts.get(buffer);
      return start === undefined ? undefined : start + (at === 'after' ? stateLength : 0) + column;
    },
  };
}

/** Whether a stream has the row of a buffer: parameters are elsewhere, and states keep their place. */
function isRow({ source }: LoopBuffer): boolean {
  return source?.kind !== 'parameter' && source?.kind !== 'initialState' && source?.kind !== 'finalState';
}
