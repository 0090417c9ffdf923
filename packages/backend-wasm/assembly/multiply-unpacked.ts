/**
 * `result = left × right`, or `result += left × right`, for few rows, where packing `right` would cost as much as the
 * product: `right` is read where it is, row by row, 32 columns at a time. Its columns and those of the result lie one
 * behind the other. Strides are in bytes.
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
): void {
  for (let row = 0; row < rows; row++) {
    let j = 0;
    for (; j + 32 <= columns; j += 32) {
      const at = <usize>j * 4;
      columns32(left, leftColumnStride, right + at, rightRowStride, result + at, depth, accumulate);
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

function columns32(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
  depth: i32,
  add: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  for (let k = 0; k < depth; k++) {
    const x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(b, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(b, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(b, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(b, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(b, 112)));
    a += aStride;
    b += bStride;
  }
  keep(c, s0, add);
  keep(c + 16, s1, add);
  keep(c + 32, s2, add);
  keep(c + 48, s3, add);
  keep(c + 64, s4, add);
  keep(c + 80, s5, add);
  keep(c + 96, s6, add);
  keep(c + 112, s7, add);
}

function columns4(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, depth: i32, add: bool): void {
  let sum = f32x4.splat(0);
  for (let k = 0; k < depth; k++) {
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.load(b)));
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
