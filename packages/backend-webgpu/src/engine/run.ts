import type { Plan } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import type { GpuFloats } from './gpu-floats.js';
import type { Tiling } from './kernels/multiply-kernel.js';
import type { Recorder } from './recorder.js';
import type { Workspace } from './workspace.js';

/** One call's work for the GPU. */
export interface Run {
  readonly recorder: Recorder;
  /** How matrix products are dealt out. */
  readonly tiling: Tiling;
  /** A buffer for so many numbers, whatever they are, that is given back when the call's work has been handed over. */
  readonly temporary: (length: number) => GPUBuffer;
  /** The same for numbers that the caller gets. */
  readonly result: (length: number) => GpuFloats;
  /** Hands the work over. `name` is what errors in it are said to be in. */
  submit(name: string): void;
}

/** Records copies to where places have been set aside, once there is a buffer. */
export type Fill = (recorder: Recorder, work: GPUBuffer) => void;

/** Sets places aside for the matrices that multiply states. */
export function placeMatrices(
  workspace: Workspace,
  { parameters, products }: Plan,
  inputs: SequenceInputs<GpuFloats>,
): Fill {
  const inLoop = parameters.flatMap((_, index) =>
    products.some(({ parameter, operand }) => parameter === index && operand.kind !== 'input') ? [index] : [],
  );
  return place(
    workspace,
    inLoop.map((index) => [`parameter${index}`, inputs.parameters[index]]),
  );
}

/**
 * Sets places aside for the vectors, masks and recurrent masks, which loops read: as parts of one buffer they need one
 * binding, and a device need not have more than eight.
 */
export function placeVectors(workspace: Workspace, plan: Plan, inputs: SequenceInputs<GpuFloats>): Fill {
  const { mask, recurrentMasks = [] } = inputs;
  if (mask === undefined) workspace.reserve('mask', 0);
  return place(workspace, [
    ...plan.parameters.flatMap(({ form }, index): Named[] =>
      form === 'vector' ? [[`parameter${index}`, inputs.parameters[index]]] : [],
    ),
    ...recurrentMasks.map((given, i): Named => [`recurrentMask${i}`, given]),
    ...(mask ? [['mask', mask] as const] : []),
  ]);
}

type Named = readonly [name: string, source: GpuFloats];

function place(workspace: Workspace, sources: readonly Named[]): Fill {
  const copies = sources.map(([name, source]) => ({ source, at: workspace.reserve(name, source.length) }));
  return (recorder, work) => {
    for (const { source, at } of copies) recorder.copy(source.buffer, 0, work, at, source.length);
  };
}
