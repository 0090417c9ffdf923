/**
 * Matrix products on typed arrays.
 *
 * Ladder (GFLOP/s of the inner loop alone, depth 128, one core of a Zen 5 at about 4 GHz, Node 20; the ceiling of
 * scalar code there, two multiplications and two additions a cycle, is near 16):
 *   1  one row, twelve columns at a time                       3.4   one load for each product pair
 *   2  4 × 4 tile                                              2.5   16 sums and their operands do not fit 16 registers
 *   3  2 × 4 tile                                              4.9
 *   4  3 × 4 tile, rounded to float32 after each operation     1.9   V8 converts to float64 and back
 *   5  3 × 4 tile, sums in float64                             5.1
 *   6  the same, depth unrolled by 2                           4.4   spills
 *   7  version 5 on panels packed as float64 (this file)       5.4   the conversion is paid once, in packing
 * Blocking keeps a 4-column panel (8 kB) in the first-level cache and a block of rows (200 kB) in the second.
 */

import type { Matrix } from '@sluice/core/backend';

const TILE_ROWS = 3;
const TILE_COLUMNS = 4;
const DEPTH_BLOCK = 256;
const ROW_BLOCK = 96;
/** With fewer rows than this, packing the right-hand side costs more than it saves. */
const WORTH_PACKING = 4;

/** The right-hand side of products: the matrix itself, or packed in panels of four columns if that is faster. */
export interface Right {
  readonly source: Matrix<Float32Array>;
  readonly depth: number;
  readonly columns: number;
  /** For each depth block, for each panel, for each depth: four columns, padded with zeros. */
  readonly panels: Float64Array | null;
  /** Without panels: the sums of a row of the result. */
  readonly sums: Float64Array;
}

const NO_SUMS = new Float64Array(0);

/** Prepares a matrix as the right-hand side of products with `rows` rows in total. */
export function prepare(source: Matrix<Float32Array>, rows: number, depth: number, columns: number): Right {
  if (rows < WORTH_PACKING) return { source, depth, columns, panels: null, sums: new Float64Array(columns) };
  const { memory, offset, rowStride, columnStride } = source;
  const panelCount = Math.ceil(columns / TILE_COLUMNS);
  const panels = new Float64Array(panelCount * TILE_COLUMNS * depth);
  let at = 0;
  for (let block = 0; block < depth; block += DEPTH_BLOCK) {
    const end = Math.min(depth, block + DEPTH_BLOCK);
    for (let column = 0; column < panelCount * TILE_COLUMNS; column += TILE_COLUMNS) {
      const width = Math.min(TILE_COLUMNS, columns - column);
      for (let k = block; k < end; k++) {
        let from = offset + k * rowStride + column * columnStride;
        for (let j = 0; j < width; j++, from += columnStride) panels[at + j] = memory[from];
        at += TILE_COLUMNS;
      }
    }
  }
  return { source, depth, columns, panels, sums: NO_SUMS };
}

/** `result = left × right`, or `result += left × right`. */
export function multiply(
  left: Matrix<Float32Array>,
  right: Right,
  result: Matrix<Float32Array>,
  rows: number,
  accumulate: boolean,
): void {
  const { depth, columns, panels } = right;
  if (panels === null) {
    multiplyUnpacked(left, right, result, rows, accumulate);
    return;
  }
  const panelCount = Math.ceil(columns / TILE_COLUMNS);
  const packed = new Float64Array(Math.min(rows, ROW_BLOCK) * Math.min(depth, DEPTH_BLOCK));
  for (let block = 0; block < depth; block += DEPTH_BLOCK) {
    const blockDepth = Math.min(DEPTH_BLOCK, depth - block);
    const add = accumulate || block > 0;
    for (let row = 0; row < rows; row += ROW_BLOCK) {
      const blockRows = Math.min(ROW_BLOCK, rows - row);
      packLeft(left, row, blockRows, block, blockDepth, packed);
      for (let panel = 0; panel < panelCount; panel++) {
        const width = Math.min(TILE_COLUMNS, columns - panel * TILE_COLUMNS);
        const b = (block * panelCount + panel * blockDepth) * TILE_COLUMNS;
        const to = result.offset + row * result.rowStride + panel * TILE_COLUMNS * result.columnStride;
        multiplyPanel(packed, blockRows, blockDepth, panels, b, result, to, width, add);
      }
    }
  }
}

/**
 * A block of packed rows times one panel. V8 optimizes this short function, with the tile inlined. As a part of the loops of
 * `multiply` it is sometimes not optimized and takes twice as long.
 */
function multiplyPanel(
  packed: Float64Array,
  rows: number,
  depth: number,
  panels: Float64Array,
  panel: number,
  result: Matrix<Float32Array>,
  start: number,
  width: number,
  add: boolean,
): void {
  const { rowStride } = result;
  let i = 0;
  for (; i + TILE_ROWS <= rows; i += TILE_ROWS) {
    tile(depth, packed, i * depth, panels, panel);
    for (let r = 0; r < TILE_ROWS; r++) store(r, width, result, start + (i + r) * rowStride, add);
  }
  for (; i < rows; i++) {
    tileOfOneRow(depth, packed, i * depth, panels, panel);
    store(0, width, result, start + i * rowStride, add);
  }
}

/** Packs groups of three rows, interleaved along the depth; the remaining rows follow one by one. */
function packLeft(
  { memory, offset, rowStride, columnStride }: Matrix<Float32Array>,
  row: number,
  rows: number,
  block: number,
  depth: number,
  to: Float64Array,
): void {
  let at = 0;
  const start = offset + row * rowStride + block * columnStride;
  const whole = rows - (rows % TILE_ROWS);
  for (let i = 0; i < whole; i += TILE_ROWS) {
    let from = start + i * rowStride;
    for (let k = 0; k < depth; k++, from += columnStride) {
      to[at] = memory[from];
      to[at + 1] = memory[from + rowStride];
      to[at + 2] = memory[from + 2 * rowStride];
      at += TILE_ROWS;
    }
  }
  for (let i = whole; i < rows; i++) {
    let from = start + i * rowStride;
    for (let k = 0; k < depth; k++, from += columnStride) to[at++] = memory[from];
  }
}

/** The sums of the current tile: three rows of four. */
const sums = new Float64Array(TILE_ROWS * TILE_COLUMNS);

function tile(depth: number, a: Float64Array, aStart: number, b: Float64Array, bStart: number): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let i = aStart;
  let j = bStart;
  for (let k = 0; k < depth; k++) {
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    let value = a[i];
    s00 += value * b0;
    s01 += value * b1;
    s02 += value * b2;
    s03 += value * b3;
    value = a[i + 1];
    s10 += value * b0;
    s11 += value * b1;
    s12 += value * b2;
    s13 += value * b3;
    value = a[i + 2];
    s20 += value * b0;
    s21 += value * b1;
    s22 += value * b2;
    s23 += value * b3;
    i += 3;
    j += 4;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s03;
  sums[4] = s10;
  sums[5] = s11;
  sums[6] = s12;
  sums[7] = s13;
  sums[8] = s20;
  sums[9] = s21;
  sums[10] = s22;
  sums[11] = s23;
}

function tileOfOneRow(depth: number, a: Float64Array, aStart: number, b: Float64Array, bStart: number): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = bStart;
  for (let k = 0; k < depth; k++) {
    const value = a[aStart + k];
    s0 += value * b[j];
    s1 += value * b[j + 1];
    s2 += value * b[j + 2];
    s3 += value * b[j + 3];
    j += 4;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

function store(row: number, width: number, result: Matrix<Float32Array>, at: number, add: boolean): void {
  const { memory, columnStride } = result;
  const from = row * TILE_COLUMNS;
  for (let j = 0; j < width; j++) {
    const to = at + j * columnStride;
    memory[to] = add ? memory[to] + sums[from + j] : sums[from + j];
  }
}

function multiplyUnpacked(
  left: Matrix<Float32Array>,
  { source, depth, columns, sums: row }: Right,
  result: Matrix<Float32Array>,
  rows: number,
  accumulate: boolean,
): void {
  const { memory, offset, rowStride, columnStride } = source;
  for (let i = 0; i < rows; i++) {
    row.fill(0);
    for (let k = 0; k < depth; k++) {
      const value = left.memory[left.offset + i * left.rowStride + k * left.columnStride];
      let from = offset + k * rowStride;
      for (let j = 0; j < columns; j++, from += columnStride) row[j] += value * memory[from];
    }
    let to = result.offset + i * result.rowStride;
    for (let j = 0; j < columns; j++, to += result.columnStride) {
      result.memory[to] = accumulate ? result.memory[to] + row[j] : row[j];
    }
  }
}
