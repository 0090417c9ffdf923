import { multiplyAdd } from './multiply-add';
import { addRow } from './rows';

/**
 * `result = left × right`, or `result += left × right`, for few rows, where packing `right` would cost as much as the
 * product: `right` is read where it is, row by row, 16 columns at a time. Its columns and those of the result lie one
 * behind the other. Strides are in bytes.
 * `scratch`: room for 16 numbers.
 *
 * Ladder (GFLOP/s, one row, 128 × 384, one core of a Zen 5 whose other thread was busy, Node 20):
 *   1  32 columns at a time                               19.8
 *   2  the same, the depth in twos                        23.4
 *   3  16 columns at a time, the depth in twos            32.3   fewer sums: the compiler spills none
 */
export function multiplyUnpacked(
  left: usize,
  leftRowStride: usize,
  leftColumnStride: usize,
  right: usize,
  rightRowStride: usize,
  result: usize,
  resultRowStride: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  accumulate: bool,
  scratch: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let j = 0;
    for (; j + 16 <= columns; j += 16) {
      const at = <usize>j * 4;
      const to = accumulate ? scratch : result + at;
      columns16(left, leftColumnStride, right + at, rightRowStride, depth, to);
      if (accumulate) addRow(scratch, result + at, 16);
    }
    for (; j + 4 <= columns; j += 4) {
      const at = <usize>j * 4;
      columns4(left, leftColumnStride, right + at, rightRowStride, result + at, depth, accumulate);
    }
    for (; j < columns; j++) {
      const at = <usize>j * 4;
      column(left, leftColumnStride, right + at, rightRowStride, result + at, depth, accumulate);
    }
    left += leftRowStride;
    result += resultRowStride;
  }
}

function keep(to: usize, value: v128, add: bool): void {
  v128.store(to, add ? f32x4.add(v128.load(to), value) : value);
}

/** 16 columns; the last of an odd depth, and what is in the result, are added afterwards: fewer variables at a time. */
function columns16(a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, c: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const end = b + <usize>(depth & ~1) * bStride;
  while (b < end) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b, 32), s2);
    s3 = multiplyAdd(x, v128.load(b, 48), s3);
    a += aStride;
    b += bStride;
    const y = v128.load32_splat(a);
    s0 = multiplyAdd(y, v128.load(b), s0);
    s1 = multiplyAdd(y, v128.load(b, 16), s1);
    s2 = multiplyAdd(y, v128.load(b, 32), s2);
    s3 = multiplyAdd(y, v128.load(b, 48), s3);
    a += aStride;
    b += bStride;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  if (depth & 1) {
    for (let j: usize = 0; j < 64; j += 16) {
      v128.store(c + j, multiplyAdd(v128.load32_splat(a), v128.load(b + j), v128.load(c + j)));
    }
  }
}

function columns4(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, depth: i32, add: bool): void {
  let sum = f32x4.splat(0);
  for (let k = 0; k < depth; k++) {
    sum = multiplyAdd(v128.load32_splat(a), v128.load(b), sum);
    a += aStride;
    b += bStride;
  }
  keep(c, sum, add);
}

function column(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, depth: i32, add: bool): void {
  let sum: f32 = 0;
  for (let k = 0; k < depth; k++) {
    sum += f32.load(a) * f32.load(b);
    a += aStride;
    b += bStride;
  }
  f32.store(c, add ? f32.load(c) + sum : sum);
}
