import type { Kernel } from '../gpu-floats.js';
import type { Recorder } from '../recorder.js';

/**
 * Turns a matrix over, `to[column · rows + row] = from[row · stride + column]`, by tiles of 16 × 16 in workgroup memory, so
 * that both sides are read and written along rows.
 */
export const TRANSPOSE: Kernel = {
  name: 'transpose',
  uniforms: ['rows', 'columns', 'sourceOffset', 'sourceStride', 'targetOffset'],
  bindings: [
    { name: 'source', access: 'read' },
    { name: 'target_', access: 'read_write' },
  ],
  code: `
var<workgroup> tile: array<f32, 272>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * 16u + local.y;
  let column = group.x * 16u + local.x;
  if (row < u.rows && column < u.columns) {
    tile[local.y * 17u + local.x] = source[u.sourceOffset + row * u.sourceStride + column];
  }
  workgroupBarrier();
  let turnedRow = group.x * 16u + local.y;
  let turnedColumn = group.y * 16u + local.x;
  if (turnedRow < u.columns && turnedColumn < u.rows) {
    target_[u.targetOffset + turnedRow * u.rows + turnedColumn] = tile[local.x * 17u + local.y];
  }
}`,
};

export interface Transposition {
  readonly source: GPUBuffer;
  readonly sourceOffset: number;
  /** From a row to the next, in numbers. */
  readonly sourceStride: number;
  readonly rows: number;
  readonly columns: number;
  /** Another buffer than the source. */
  readonly target: GPUBuffer;
  readonly targetOffset: number;
}

/** Records the transposition of a `rows × columns` matrix. */
export function transpose(recorder: Recorder, { source, target, ...uniforms }: Transposition): void {
  const { rows, columns } = uniforms;
  recorder.dispatch(TRANSPOSE, [source, target], uniforms, [Math.ceil(columns / 16), Math.ceil(rows / 16)]);
}
