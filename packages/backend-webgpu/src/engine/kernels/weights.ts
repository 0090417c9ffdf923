import { countFlatGroups, type Kernel, writeFlatMain } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Run } from '../run.js';

/**
 * Transposes a matrix: `target[column · rows + row] = source[row · stride + column]`. Tiles of 16 × 16 in workgroup memory
 * let threads read and write along rows.
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
  let targetRow = group.x * 16u + local.y;
  let targetColumn = group.y * 16u + local.x;
  if (targetRow < u.columns && targetColumn < u.rows) {
    target_[u.targetOffset + targetRow * u.rows + targetColumn] = tile[local.x * 17u + local.y];
  }
}`,
};

export interface Transposition {
  readonly source: GPUBuffer;
  readonly sourceOffset: number;
  /** Numbers from one row to the next. */
  readonly sourceStride: number;
  readonly rows: number;
  readonly columns: number;
  /** A buffer other than the source. */
  readonly target: GPUBuffer;
  readonly targetOffset: number;
}

/** Records the transposition of a `rows × columns` matrix. */
export function recordTransposition(
  recorder: Recorder,
  { source, target, ...uniforms }: Transposition,
): void {
  const { rows, columns } = uniforms;
  recorder.dispatch(TRANSPOSE, [source, target], uniforms, [Math.ceil(columns / 16), Math.ceil(rows / 16)]);
}

/** Rounds numbers to 16 bits. Numbers beyond ±65,504 become infinite. */
export const ROUND_TO_FLOAT16: Kernel = {
  name: 'roundToFloat16',
  uniforms: ['count'],
  bindings: [
    { name: 'numbers', access: 'read' },
    { name: 'rounded', access: 'read_write', type: 'f16' },
  ],
  code: writeFlatMain('if (index < u.count) { rounded[index] = f16(numbers[index]); }'),
};

/** Records rounding the first `count` numbers of a buffer to 16 bits; returns the temporary buffer that receives them. */
export function recordRounding(
  { recorder, allocateTemporary }: Run,
  numbers: GPUBuffer,
  count: number,
): GPUBuffer {
  const target = allocateTemporary(Math.ceil(count / 2));
  recorder.dispatch(ROUND_TO_FLOAT16, [numbers, target], { count }, countFlatGroups(count));
  return target;
}
