import type { SequenceLayout } from '@sluice/core/backend';
import { countFlatGroups, type Kernel, writeFlatMain } from '../kernel.js';
import type { Recorder } from '../recorder.js';

/** `sums[column] = Σ rows[row · columns + column]`. A workgroup sums 16 columns, each in 16 parts. */
export const COLUMN_SUMS: Kernel = {
  name: 'columnSums',
  uniforms: ['offset', 'rows', 'columns'],
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'sums', access: 'read_write' },
  ],
  code: `
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 16u + local.x;
  var part = 0.0;
  if (column < u.columns) {
    for (var row = local.y; row < u.rows; row += 16u) { part += rows[u.offset + row * u.columns + column]; }
  }
  parts[local.y * 16u + local.x] = part;
  workgroupBarrier();
  if (local.y > 0u || column >= u.columns) { return; }
  var sum = 0.0;
  for (var i = 0u; i < 16u; i++) { sum += parts[i * 16u + local.x]; }
  sums[column] = sum;
}`,
};

/** Records the sums over the rows of a dense `rows × columns` matrix, which begins at `offset`, into another buffer. */
export function recordColumnSums(
  recorder: Recorder,
  matrix: {
    readonly buffer: GPUBuffer;
    readonly offset: number;
    readonly rows: number;
    readonly columns: number;
  },
  sums: GPUBuffer,
): void {
  const { buffer, ...uniforms } = matrix;
  recorder.dispatch(COLUMN_SUMS, [buffer, sums], uniforms, [Math.ceil(matrix.columns / 16)]);
}

/**
 * Moves the output cotangents of padded steps to the step whose output they repeat. One thread per batch row and unit goes
 * through the steps, from the last processed to the first.
 */
export const MOVE_REPEATED: Kernel = {
  name: 'moveRepeated',
  uniforms: ['batch', 'timesteps', 'units', 'reverse', 'rowCells', 'stepCells'],
  bindings: [
    { name: 'mask', access: 'read' },
    { name: 'cotangent', access: 'read' },
    { name: 'moved', access: 'read_write' },
  ],
  code: writeFlatMain(`let row = index / u.units;
  if (row >= u.batch) { return; }
  var pending = 0.0;
  for (var i = 0u; i < u.timesteps; i++) {
    let t = select(u.timesteps - 1u - i, i, u.reverse == 1u);
    let at = (row * u.rowCells + t * u.stepCells) * u.units + index % u.units;
    pending += cotangent[at];
    let isActive = mask[row * u.timesteps + t] != 0.0;
    moved[at] = select(0.0, pending, isActive);
    pending = select(pending, 0.0, isActive);
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

/** Records moving the cotangents of repeated outputs into another buffer. */
export function recordRepeatedMove(recorder: Recorder, outputs: RepeatedOutputs): void {
  const { mask, cotangent, moved, batch, timesteps, units, reverse, layout } = outputs;
  recorder.dispatch(
    MOVE_REPEATED,
    [mask, cotangent, moved],
    { batch, timesteps, units, reverse: Number(reverse), rowCells: layout.row, stepCells: layout.step },
    countFlatGroups(batch * units),
  );
}
