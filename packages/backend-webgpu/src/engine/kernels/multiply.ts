import { type Kernel, MAX_GROUPS } from '../kernel.js';
import type { Run } from '../run.js';
import {
  multiplyKernel,
  OFFSET_ALONG,
  offsetAlong,
  strideNames,
  type Tiling,
  tileSize,
} from './multiply-kernel.js';

/** The offsets along one direction of a matrix: number `i` is at `⌊i / period⌋ · outer + (i mod period) · inner`. */
export interface Stride {
  readonly period: number;
  readonly outer: number;
  readonly inner: number;
}

/** Numbers at equal distances. */
export const evenStride = (inner: number): Stride => ({ period: 2 ** 31, outer: 0, inner });

/** A matrix in a buffer: element (i, j) is at `offset` plus the offsets of row i and column j. */
export interface GpuMatrix {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly rows: Stride;
  readonly columns: Stride;
}

/** A mask over one direction: number `i` is active unless `buffer` holds 0 at `offset` plus its offset by `stride`. */
export interface Mask {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly stride: Stride;
  /** `rows`: masked rows of the result are 0. `depth`: the sums leave out masked depths. */
  readonly of: 'rows' | 'depth';
}

export interface Multiplication {
  readonly left: GpuMatrix;
  readonly right: GpuMatrix;
  /** Its columns are contiguous. */
  readonly result: Omit<GpuMatrix, 'columns'>;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Whether to add the product to the result's contents. */
  readonly accumulate: boolean;
  readonly mask?: Mask | undefined;
}

/** With fewer workgroups most of a GPU is idle; then the depth is split too. */
const MIN_GROUPS = 128;
/** The smallest depth of a slice. */
const MIN_DEPTH = 256;

/** Sums the slices of a product that was split along the depth, in a fixed order. */
export const SUM_SLICES: Kernel = {
  name: 'sumSlices',
  uniforms: ['rows', 'columns', 'slices', 'accumulate', 'resultOffset', ...strideNames('resultRows')],
  bindings: [
    { name: 'slices', access: 'read' },
    { name: 'result', access: 'read_write' },
  ],
  code: `${OFFSET_ALONG}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= u.columns) { return; }
  var sum = 0.0;
  for (var slice = 0u; slice < u.slices; slice++) {
    sum += slices[(slice * u.rows + row) * u.columns + column];
  }
  let at = u.resultOffset + ${offsetAlong('resultRows', 'row')} + column;
  if (u.accumulate == 1u) { sum += result[at]; }
  result[at] = sum;
}`,
};

/** Counts the slices that the depth of a product is split into. */
export function countSlices(
  { rows, depth, columns }: Pick<Multiplication, 'rows' | 'depth' | 'columns'>,
  tiling: Tiling,
): number {
  const tile = tileSize(tiling);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  const wanted = Math.ceil(MIN_GROUPS / tiles);
  return Math.max(1, Math.min(wanted, Math.floor(depth / MIN_DEPTH)));
}

/** Records a matrix product. The result must be in a buffer other than those of the factors and the mask. */
export function recordProduct(
  { recorder, allocateTemporary, tiling }: Pick<Run, 'recorder' | 'allocateTemporary' | 'tiling'>,
  product: Multiplication,
): void {
  const { left, right, result, rows, depth, columns, accumulate, mask } = product;
  const slices = countSlices(product, tiling);
  const tile = tileSize(tiling);
  const down = Math.ceil(rows / tile.rows);
  // Rows of tiles beyond the limit of one dimension continue along the third.
  const folds = Math.ceil(down / MAX_GROUPS);
  const groups = [Math.ceil(columns / tile.columns), Math.ceil(down / folds), slices * folds] as const;
  const parts = slices > 1 ? allocateTemporary(slices * rows * columns) : undefined;
  const target = parts ? { buffer: parts, offset: 0, rows: evenStride(columns) } : result;
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
      ...strideUniforms('mask', mask?.stride ?? evenStride(0)),
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
