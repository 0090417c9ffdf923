import type { Kernel } from '../kernel.js';
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
