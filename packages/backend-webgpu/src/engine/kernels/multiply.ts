import type { Kernel } from '../gpu-floats.js';
import type { Recorder } from '../recorder.js';
import { each } from '../wgsl/each.js';

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

/** A thread makes so many rows and columns of a result, … */
const OWN = 8;
/** … and a workgroup of 8 × 8 threads this many. */
const TILE = 64;
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

/** Columns of a thread are two times four neighbours, half a tile apart: so are those of a whole row of threads. */
const columnOf = (i: number) => `firstColumn + ${i < 4 ? i : TILE / 2 + i - 4}u`;

/**
 * `result = left × right`, or `result += left × right`. Every thread makes a tile of 8 × 8 out of numbers it reads itself: neighbours
 * read the same ones, which are then in the GPU's first cache.
 *
 * Ladder (3,200 × 128 × 384 on a software adapter, two cores; ms):
 *   1  64 × 64 by 256 threads, 4 × 4 each, strips of both sides in workgroup memory    450
 *   2  the same without the strips, which cost writing, reading and two barriers each  165
 *   3  8 × 8 a thread, 64 threads: 16 numbers read for 64 multiplications, not 32      100   this kernel
 *   4  16 × 8 a thread, 32 threads                                                     90–120, and twice the registers
 * Deep products with few tiles are cut along the depth; `sumSlices` adds the parts in a fixed order.
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
fn counts(i: u32) -> bool { return mask[u.maskOffset + ${along('mask', 'i')}] != 0.0; }

/** Where number k of the depth is on both sides, and how many steps are left of its periods there. */
struct Depth { k: u32, left: u32, right: u32, leftRest: u32, rightRest: u32 }

fn after(d: Depth) -> Depth {
  let leftTurns = d.leftRest == 1u;
  let rightTurns = d.rightRest == 1u;
  return Depth(
    d.k + 1u,
    d.left + select(u.leftColumnsInner, u.leftColumnsOuter - (u.leftColumnsPeriod - 1u) * u.leftColumnsInner, leftTurns),
    d.right + select(u.rightRowsInner, u.rightRowsOuter - (u.rightRowsPeriod - 1u) * u.rightRowsInner, rightTurns),
    select(d.leftRest - 1u, u.leftColumnsPeriod, leftTurns),
    select(d.rightRest - 1u, u.rightRowsPeriod, rightTurns));
}

/** The first from here on that counts. (A condition around the sums would make a software adapter twice as slow.) */
fn counting(here: Depth, end: u32) -> Depth {
  var d = here;
  while (u.masked == 2u && d.k < end && !counts(d.k)) { d = after(d); }
  return d;
}

@compute @workgroup_size(${TILE / OWN}, ${TILE / OWN})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let firstRow = group.y * ${TILE}u + ${OWN}u * local.y;
  let firstColumn = group.x * ${TILE}u + 4u * local.x;
  if (firstRow >= u.rows || firstColumn >= u.columns) { return; }
  let start = group.z * u.sliceDepth;
  let end = min(u.depth, start + u.sliceDepth);
  // Rows and columns beyond the last are read as the last, and not written.
  ${each(OWN, (i) => `let row${i} = ${along('leftRows', `min(firstRow + ${i}u, u.rows - 1u)`)};`)}
  ${each(OWN, (i) => `let column${i} = ${along('rightColumns', `min(${columnOf(i)}, u.columns - 1u)`)};`)}
  ${each(OWN, (i) => `var sum${i}a = vec4f();\n  var sum${i}b = vec4f();`)}
  let first = Depth(
    start,
    u.leftOffset + ${along('leftColumns', 'start')},
    u.rightOffset + ${along('rightRows', 'start')},
    u.leftColumnsPeriod - start % u.leftColumnsPeriod,
    u.rightRowsPeriod - start % u.rightRowsPeriod);
  for (var d = counting(first, end); d.k < end; d = counting(after(d), end)) {
    let a = vec4f(${each(4, (i) => `right[d.right + column${i}]`, ', ')});
    let b = vec4f(${each(4, (i) => `right[d.right + column${4 + i}]`, ', ')});
    ${each(OWN, (i) => `let left${i} = left[d.left + row${i}];\n    sum${i}a += left${i} * a;\n    sum${i}b += left${i} * b;`, '\n    ')}
  }
  ${each(OWN, (i) => `write(group.z, firstRow + ${i}u, firstColumn, sum${i}a);\n  write(group.z, firstRow + ${i}u, firstColumn + ${TILE / 2}u, sum${i}b);`)}
}

fn write(slice: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= u.rows || column >= u.columns) { return; }
  let at = slice * u.sliceLength + u.resultOffset + ${along('resultRows', 'row')} + column;
  let isPadded = u.masked == 1u && !counts(row);
  for (var i = 0u; i < min(4u, u.columns - column); i++) {
    var value = select(sums[i], 0.0, isPadded);
    if (u.accumulate == 1u) { value += result[at + i]; }
    result[at + i] = value;
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
      sliceDepth: Math.ceil(depth / slices),
      sliceLength: rows * columns,
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
