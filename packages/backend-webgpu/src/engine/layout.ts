import type { Plan } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import type { GpuFloats } from './memory.js';
import type { Recorder } from './recorder.js';

/** Assigns places in the workspace, the buffer of everything a call needs besides its inputs and results. */
export class Workspace {
  /** The start of each place in numbers, by the name of the uniform that holds it. */
  readonly places: Record<string, number> = {};
  private end = 0;

  /** The total length of all places, in numbers. */
  get length(): number {
    return this.end;
  }

  /** Reserves `length` numbers and returns where they begin. */
  reserve(name: string, length: number): number {
    const place = this.end;
    this.places[name] = place;
    this.end += length;
    return place;
  }
}

/**
 * The layout of the saved values: the training schedule's values, each in the layout of the sequence, then each state
 * as `[timesteps + 1, batch, units]`: the state before the first time step and after each, in the order of time.
 */
export function savedLayout(plan: Plan, batch: number, timesteps: number) {
  const { units, states, training } = plan;
  const value = batch * timesteps * units;
  const state = batch * (timesteps + 1) * units;
  const places: Record<string, number> = {};
  for (let index = 0; index < training.values; index++) places[`value${index}`] = index * value;
  states.forEach((_, s) => {
    places[`state${s}`] = training.values * value + s * state;
  });
  return { places, length: training.values * value + states.length * state };
}

/** The layout when nothing is saved: a double buffer `[batch, units]` for each state, one place for each value. */
export function scratchLayout({ units, states, training }: Plan, batch: number) {
  const rows = batch * units;
  const places: Record<string, number> = {};
  states.forEach((_, s) => {
    places[`state${s}`] = 2 * s * rows;
  });
  for (let index = 0; index < training.values; index++) {
    places[`value${index}`] = (2 * states.length + index) * rows;
  }
  return { places, length: (2 * states.length + training.values) * rows };
}

/** Records the copies of inputs into reserved places, once the buffer exists. */
type Fill = (recorder: Recorder, work: GPUBuffer) => void;

/** Reserves places for the matrices that multiply states. */
export function reserveMatrices(
  workspace: Workspace,
  { parameters, products }: Plan,
  inputs: SequenceInputs<GpuFloats>,
): Fill {
  const inLoop = parameters.flatMap((_, index) =>
    products.some(({ parameter, operand }) => parameter === index && operand.kind !== 'input') ? [index] : [],
  );
  return reserveCopies(
    workspace,
    inLoop.map((index) => [`parameter${index}`, inputs.parameters[index]]),
  );
}

/**
 * Reserves places for the vectors, the mask and the recurrent masks, which loops read. As parts of one buffer they need
 * one binding; a device may have no more than eight.
 */
export function reserveVectors(workspace: Workspace, plan: Plan, inputs: SequenceInputs<GpuFloats>): Fill {
  const { mask, recurrentMasks = [] } = inputs;
  if (mask === undefined) workspace.reserve('mask', 0);
  return reserveCopies(workspace, [
    ...plan.parameters.flatMap(({ form }, index): Named[] =>
      form === 'vector' ? [[`parameter${index}`, inputs.parameters[index]]] : [],
    ),
    ...recurrentMasks.map((values, i): Named => [`recurrentMask${i}`, values]),
    ...(mask ? [['mask', mask] as const] : []),
  ]);
}

type Named = readonly [name: string, source: GpuFloats];

function reserveCopies(workspace: Workspace, sources: readonly Named[]): Fill {
  const copies = sources.map(([name, source]) => ({ source, at: workspace.reserve(name, source.length) }));
  return (recorder, work) => {
    for (const { source, at } of copies) recorder.copy(source.buffer, 0, work, at, source.length);
  };
}
