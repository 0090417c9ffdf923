import type { Kernel } from '../gpu-floats.js';
import type { Recorder } from '../recorder.js';

/** Where the numbers along one direction of a matrix lie: number `i` at `(i / period) · outer + (i mod period) · inner`. */
export interface Stride {
  readonly period: number;
  readonly outer: number;
  readonly inner: number;
}

/** Equally far apart. */
export const apart = (inner: number): Stride => ({ period: 2 ** 31, outer: 0, inner });

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

/** A workgroup of 16 × 16 threads makes so many rows and columns of a result, 4 × 4 a thread. */
const TILE = 64;
/** Rows of the right side that a workgroup keeps at a time. */
const STRIP = 16;
/** Fewer workgroups leave most of a GPU idle; then the depth is cut too. */
const ENOUGH_GROUPS = 128;
/** A slice of the depth that is worth a workgroup of its own. */
const LEAST_DEPTH = 256;

const strides = (name: string) => [`${name}Period`, `${name}Outer`, `${name}Inner`];

/** Where number `i` of a direction is, from the first one on. */
const along = (name: string, i: string) => `along(${i}, u.${name}Period, u.${name}Outer, u.${name}Inner)`;

const ALONG = `
fn along(i: u32, period: u32, outer: u32, inner: u32) -> u32 {
  let turn = i / period;
  return turn * outer + (i - turn * period) * inner;
}`;

/**
 * `result = left × right`, or `result += left × right`.
 *
 * 1. a tile of 64 × 64 by 256 threads, strips of both sides in workgroup memory as four rows or columns a number (`vec4f`)
 * 2. strips are read along the direction in which a side lies in memory, whichever that is
 * 3. deep products with few tiles are cut along the depth; `sumSlices` adds the parts in a fixed order
 * 4. places of rows and columns are found once, and that of a depth once a strip: whole-number divisions, 32 a strip before, cost
 *    more than its 256 multiplications (on a software adapter two thirds of the time)
 * 5. threads whose tile lies outside of a small result multiply nothing
 */
export const MULTIPLY: Kernel = {
  name: 'multiply',
  uniforms: [
    'rows',
    'depth',
    'columns',
    'sliceDepth',
    'sliceLength',
    'accumulate',
    'masked',
    'maskOffset',
    ...strides('mask'),
    'leftAlongDepth',
    'rightAlongDepth',
    ...['left', 'right'].flatMap((name) => [
      `${name}Offset`,
      ...strides(`${name}Rows`),
      ...strides(`${name}Columns`),
    ]),
    'resultOffset',
    ...strides('resultRows'),
  ],
  bindings: [
    { name: 'left', access: 'read' },
    { name: 'right', access: 'read' },
    { name: 'mask', access: 'read' },
    { name: 'result', access: 'read_write' },
  ],
  code: `
${ALONG}
var<workgroup> leftStrip: array<vec4f, ${(STRIP * TILE) / 4}>;
var<workgroup> rightStrip: array<vec4f, ${(STRIP * TILE) / 4}>;

fn counts(i: u32) -> bool { return mask[u.maskOffset + ${along('mask', 'i')}] != 0.0; }

fn leftAt(row: u32, place: u32) -> f32 {
  if (row >= u.rows) { return 0.0; }
  return left[place];
}

fn rightAt(column: u32, place: u32) -> f32 {
  if (column >= u.columns) { return 0.0; }
  return right[place];
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let firstRow = group.y * ${TILE}u;
  let firstColumn = group.x * ${TILE}u;
  let start = group.z * u.sliceDepth;
  let end = min(u.depth, start + u.sliceDepth);
  let leftK = select(lane / 16u, lane % 16u, u.leftAlongDepth == 1u);
  let leftRow = firstRow + 4u * select(lane % 16u, lane / 16u, u.leftAlongDepth == 1u);
  let rightK = select(lane / 16u, lane % 16u, u.rightAlongDepth == 1u);
  let rightColumn = firstColumn + 4u * select(lane % 16u, lane / 16u, u.rightAlongDepth == 1u);
  let leftPlace = leftK * 16u + (leftRow - firstRow) / 4u;
  let rightPlace = rightK * 16u + (rightColumn - firstColumn) / 4u;
  let leftPlaces = u.leftOffset + vec4u(
    ${[0, 1, 2, 3].map((i) => along('leftRows', `leftRow + ${i}u`)).join(', ')});
  let rightPlaces = u.rightOffset + vec4u(
    ${[0, 1, 2, 3].map((i) => along('rightColumns', `rightColumn + ${i}u`)).join(', ')});
  let isInside = firstRow + 4u * local.y < u.rows && firstColumn + 4u * local.x < u.columns;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var strip = start; strip < end; strip += ${STRIP}u) {
    let lk = strip + leftK;
    let rk = strip + rightK;
    var four = vec4f();
    if (lk < end && (u.masked != 2u || counts(lk))) {
      let at = leftPlaces + ${along('leftColumns', 'lk')};
      four = vec4f(
        leftAt(leftRow, at.x), leftAt(leftRow + 1u, at.y), leftAt(leftRow + 2u, at.z), leftAt(leftRow + 3u, at.w));
    }
    leftStrip[leftPlace] = four;
    four = vec4f();
    if (rk < end && (u.masked != 2u || counts(rk))) {
      let at = rightPlaces + ${along('rightRows', 'rk')};
      four = vec4f(
        rightAt(rightColumn, at.x), rightAt(rightColumn + 1u, at.y), rightAt(rightColumn + 2u, at.z), rightAt(rightColumn + 3u, at.w));
    }
    rightStrip[rightPlace] = four;
    workgroupBarrier();
    for (var k = select(${STRIP}u, 0u, isInside); k < ${STRIP}u; k++) {
      let a = leftStrip[k * 16u + local.y];
      let b = rightStrip[k * 16u + local.x];
      sum0 += a.x * b;
      sum1 += a.y * b;
      sum2 += a.z * b;
      sum3 += a.w * b;
    }
    workgroupBarrier();
  }
  let row = firstRow + 4u * local.y;
  let column = firstColumn + 4u * local.x;
  write(group.z, row, column, sum0);
  write(group.z, row + 1u, column, sum1);
  write(group.z, row + 2u, column, sum2);
  write(group.z, row + 3u, column, sum3);
}

fn write(slice: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= u.rows) { return; }
  let rowPlace = slice * u.sliceLength + u.resultOffset + ${along('resultRows', 'row')};
  let isPadded = u.masked == 1u && !counts(row);
  for (var i = 0u; i < 4u; i++) {
    if (column + i >= u.columns) { return; }
    let at = rowPlace + column + i;
    var value = select(sums[i], 0.0, isPadded);
    if (u.accumulate == 1u) { value += result[at]; }
    result[at] = value;
  }
}`,
};

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
export function slicesOf({
  rows,
  depth,
  columns,
}: Pick<Multiplication, 'rows' | 'depth' | 'columns'>): number {
  const tiles = Math.ceil(rows / TILE) * Math.ceil(columns / TILE);
  const wanted = Math.ceil(ENOUGH_GROUPS / tiles);
  return Math.max(1, Math.min(wanted, Math.floor(depth / LEAST_DEPTH)));
}

/**
 * Records a matrix product. Its result must be in another buffer than its factors and its mask.
 *
 * @param temporary gives a buffer for so many numbers that are needed no longer than the recorded work.
 */
export function multiply(
  recorder: Recorder,
  product: Multiplication,
  temporary: (length: number) => GPUBuffer,
): void {
  const { left, right, result, rows, depth, columns, accumulate, mask } = product;
  const slices = slicesOf(product);
  const groups = [Math.ceil(columns / TILE), Math.ceil(rows / TILE), slices] as const;
  const parts = slices > 1 ? temporary(slices * rows * columns) : undefined;
  const target = parts ? { buffer: parts, offset: 0, rows: apart(columns) } : result;
  recorder.dispatch(
    MULTIPLY,
    [left.buffer, right.buffer, mask?.buffer ?? left.buffer, target.buffer],
    {
      rows,
      depth,
      columns,
      sliceDepth: Math.ceil(depth / slices / STRIP) * STRIP,
      sliceLength: rows * columns,
      accumulate: Number(accumulate && !parts),
      masked: mask ? { rows: 1, depth: 2 }[mask.of] : 0,
      maskOffset: mask?.offset ?? 0,
      ...strideUniforms('mask', mask?.stride ?? apart(0)),
      leftAlongDepth: Number(left.columns.inner === 1),
      rightAlongDepth: Number(right.columns.inner !== 1),
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
