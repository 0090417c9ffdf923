import type { SequenceLayout } from '@sluice/core/backend';
import type { Kernel } from '../gpu-floats.js';
import type { Recorder } from '../recorder.js';
import { flatGroups, flatMain } from './flat-grid.js';

/**
 * The cotangents of outputs, those of padded steps moved to the step whose output they repeat: a thread goes through the
 * steps of a number of a batch row, from the last processed to the first.
 */
export const REPEATED_OUTPUTS: Kernel = {
  name: 'repeatedOutputs',
  uniforms: ['batch', 'timesteps', 'units', 'reverse', 'rowCells', 'stepCells'],
  bindings: [
    { name: 'mask', access: 'read' },
    { name: 'cotangent', access: 'read' },
    { name: 'moved', access: 'read_write' },
  ],
  code: flatMain(`let row = index / u.units;
  if (row >= u.batch) { return; }
  var waiting = 0.0;
  for (var i = 0u; i < u.timesteps; i++) {
    let t = select(u.timesteps - 1u - i, i, u.reverse == 1u);
    let at = (row * u.rowCells + t * u.stepCells) * u.units + index % u.units;
    waiting += cotangent[at];
    let isActive = mask[row * u.timesteps + t] != 0.0;
    moved[at] = select(0.0, waiting, isActive);
    waiting = select(waiting, 0.0, isActive);
  }`),
};

export interface RepeatedOutputs {
  readonly batch: number;
  readonly timesteps: number;
  readonly units: number;
  readonly reverse: boolean;
  readonly layout: SequenceLayout;
  /** `[batch, timesteps]`. */
  readonly mask: GPUBuffer;
  /** In the layout of the sequence. */
  readonly cotangent: GPUBuffer;
  readonly moved: GPUBuffer;
}

/** Records the moving of cotangents into another buffer. */
export function repeatedOutputs(recorder: Recorder, given: RepeatedOutputs): void {
  const { mask, cotangent, moved, batch, timesteps, units, reverse, layout } = given;
  recorder.dispatch(
    REPEATED_OUTPUTS,
    [mask, cotangent, moved],
    { batch, timesteps, units, reverse: Number(reverse), rowCells: layout.row, stepCells: layout.step },
    flatGroups(batch * units),
  );
}
