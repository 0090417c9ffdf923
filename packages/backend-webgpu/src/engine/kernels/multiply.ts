import type { SequenceLayout } from '@sluice/core/backend';
import type { Chunk } from '../chunks.js';
import type { Kernel } from '../gpu-floats.js';
import type { Run } from '../run.js';
import { MOST_GROUPS } from './flat-grid.js';
import { ALONG, along, multiplyKernel, strides, type Tiling, tileOf } from './multiply-kernel.js';

/** Where the numbers along one direction of a matrix lie: number `i` at `(i / period) · outer + (i mod period) · inner`. */
export interface Stride {
  readonly period: number;
  readonly outer: number;
  readonly inner: number;
}

/** Equally far apart. */
export const apart = (inner: number): Stride => ({ period: 2 ** 31, outer: 0, inner });

/** The rows of a chunk of time steps, batch row by batch row, in a sequence of `length` numbers a step. */
export const inChunk = ({ row, step }: SequenceLayout, { positions }: Chunk, length: number): Stride => ({
  period: positions,
  outer: row * length,
  inner: step * length,
});

/** A matrix in a buffer: element (i, j) is at `offset` and so much further on as its row and its column say. */
export interface GpuMatrix {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly rows: Stride;
  readonly columns: Stride;
}

/** Which numbers of a direction count: those whose place in a buffer, by `stride` from `offset` on, does not hold 0. */
export interface Mask {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly stride: Stride;
  /** `rows`: rows that do not count are 0 in the result. `depth`: what is multiplied there is left out of the sums. */
  readonly of: 'rows' | 'depth';
}

export interface Multiplication {
  readonly left: GpuMatrix;
  readonly right: GpuMatrix;
  /** The numbers of its rows lie one behind the other. */
  readonly result: Omit<GpuMatrix, 'columns'>;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Whether the product is added to what is there. */
  readonly accumulate: boolean;
  readonly mask?: Mask | undefined;
}

/** Fewer workgroups leave most of a GPU idle; then the depth is cut too. */
const ENOUGH_GROUPS = 128;
/** A slice of the depth that is worth a workgroup of its own. */
const LEAST_DEPTH = 256;

/** Adds the slices of a product that was cut along the depth, in a fixed order. */
export const SUM_SLICES: Kernel = {
  name: 'sumSlices',
  uniforms: ['rows', 'columns', 'slices', 'accumulate', 'resultOffset', ...strides('resultRows')],
  bindings: [
    { name: 'slices', access: 'read' },
    { name: 'result', access: 'read_write' },
  ],
  code: `${ALONG}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= u.columns) { return; }
  var sum = 0.0;
  for (var slice = 0u; slice < u.slices; slice++) {
    sum += slices[(slice * u.rows + row) * u.columns + column];
  }
  let at = u.resultOffset + ${along('resultRows', 'row')} + column;
  if (u.accumulate == 1u) { sum += result[at]; }
  result[at] = sum;
}`,
};

/** How many slices the depth of a product is cut into. */
export function slicesOf(
  { rows, depth, columns }: Pick<Multiplication, 'rows' | 'depth' | 'columns'>,
  tiling: Tiling,
): number {
  const tile = tileOf(tiling);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  const wanted = Math.ceil(ENOUGH_GROUPS / tiles);
  return Math.max(1, Math.min(wanted, Math.floor(depth / LEAST_DEPTH)));
}

/** Records a matrix product. Its result must be in another buffer than its factors and its mask. */
export function multiply(
  { recorder, temporary, tiling }: Pick<Run, 'recorder' | 'temporary' | 'tiling'>,
  product: Multiplication,
): void {
  const { left, right, result, rows, depth, columns, accumulate, mask } = product;
  const slices = slicesOf(product, tiling);
  const tile = tileOf(tiling);
  const down = Math.ceil(rows / tile.rows);
  // Tiles below each other that are too many for one direction are folded into the third.
  const folds = Math.ceil(down / MOST_GROUPS);
  const groups = [Math.ceil(columns / tile.columns), Math.ceil(down / folds), slices * folds] as const;
  const parts = slices > 1 ? temporary(slices * rows * columns) : undefined;
  const target = parts ? { buffer: parts, offset: 0, rows: apart(columns) } : result;
  recorder.dispatch(
    multiplyKernel(tiling),
    [left.buffer, right.buffer, mask?.buffer ?? left.buffer, target.buffer],
    {
      rows,
      depth,
      columns,
      sliceDepth: Math.ceil(depth / slices),
      sliceLength: rows * columns,
      slices,
      accumulate: Number(accumulate && !parts),
      masked: mask ? { rows: 1, depth: 2 }[mask.of] : 0,
      maskOffset: mask?.offset ?? 0,
      ...strideUniforms('mask', mask?.stride ?? apart(0)),
      ...matrixUniforms('left', left),
      ...matrixUniforms('right', right),
      resultOffset: target.offset,
      ...strideUniforms('resultRows', target.rows),
    },
    groups,
  );
  if (!parts) return;
  recorder.dispatch(
    SUM_SLICES,
    [parts, result.buffer],
    {
      rows,
      columns,
      slices,
      accumulate: Number(accumulate),
      resultOffset: result.offset,
      ...strideUniforms('resultRows', result.rows),
    },
    [Math.ceil(columns / 64), rows],
  );
}

const strideUniforms = (name: string, { period, outer, inner }: Stride) => ({
  [`${name}Period`]: period,
  [`${name}Outer`]: outer,
  [`${name}Inner`]: inner,
});

const matrixUniforms = (name: string, { offset, rows, columns }: GpuMatrix) => ({
  [`${name}Offset`]: offset,
  ...strideUniforms(`${name}Rows`, rows),
  ...strideUniforms(`${name}Columns`, columns),
});
