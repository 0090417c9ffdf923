import type { Plan, SequenceInputs } from '@sluice/core';
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

/**
 * Sets places aside for what loops read of parameters, masks and recurrent masks: as parts of one buffer they need one
 * binding, and a device need not have more than eight.
 *
 * @param matrices whether matrices that multiply states are needed as they are.
 * @returns records the copies, once there is a buffer.
 */
export function placeParameters(
  workspace: Workspace,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  matrices: boolean,
): (recorder: Recorder, work: GPUBuffer) => void {
  const copies: { readonly source: GpuFloats; readonly place: number }[] = [];
  const copy = (name: string, source: GpuFloats) => {
    copies.push({ source, place: workspace.reserve(name, source.length) });
  };
  plan.parameters.forEach(({ form }, parameter) => {
    const inLoop = plan.products.some(
      (product) => product.parameter === parameter && product.operand.kind !== 'input',
    );
    if (form === 'vector' || (matrices && inLoop))
      copy(`parameter${parameter}`, inputs.parameters[parameter]);
  });
  inputs.recurrentMasks?.forEach((mask, i) => {
    copy(`recurrentMask${i}`, mask);
  });
  if (inputs.mask) copy('mask', inputs.mask);
  else workspace.reserve('mask', 0);
  return (recorder, work) => {
    for (const { source, place } of copies) recorder.copy(source.buffer, 0, work, place, source.length);
  };
}
