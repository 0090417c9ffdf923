/**
 * Gram-Schmidt on rows of float64 numbers, which begin at `rows`, `length` numbers each, an even number of them. It is made of
 * halves: the first is made orthonormal, its components are taken from the second, and that is made orthonormal. So nearly all
 * operations are products in tiles, two numbers of a row at a time.
 */

/** Rows that are made orthonormal one after the other; tiles divide it. */
const LEAF: i32 = 8;
/** Numbers of a row that are worked on at a time, so that rows stay in the cache. */
const CHUNK: i32 = 512;

/**
 * Makes the rows from `first` to before `end` orthonormal, of those that are among the first `count`; rows behind are zeros. The
 * rows are counted in eights. `sums` has room for a float64 number for each pair of a row in one half and one in the other.
 */
export function makeOrthonormal(
  rows: usize,
  first: i32,
  end: i32,
  count: i32,
  length: i32,
  sums: usize,
): void {
  if (end - first <= LEAF) {
    oneByOne(rows, first, min(end, count), length);
    return;
  }
  const middle = first + ((end - first) / LEAF / 2) * LEAF;
  makeOrthonormal(rows, first, middle, count, length, sums);
  takeComponents(rows, first, middle, end, length, sums);
  makeOrthonormal(rows, middle, end, count, length, sums);
}

function oneByOne(rows: usize, first: i32, end: i32, length: i32): void {
  const bytes = <usize>length * 8;
  for (let i = first; i < end; i++) {
    const row = rows + <usize>i * bytes;
    const norm = f64x2.splat(sqrt(dot(row, row, bytes)));
    for (let k: usize = 0; k < bytes; k += 16) v128.store(row + k, f64x2.div(v128.load(row + k), norm));
    for (let j = i + 1; j < end; j++) {
      const other = rows + <usize>j * bytes;
      const amount = f64x2.splat(dot(row, other, bytes));
      for (let k: usize = 0; k < bytes; k += 16) {
        v128.store(other + k, f64x2.sub(v128.load(other + k), f64x2.mul(amount, v128.load(row + k))));
      }
    }
  }
}

function total(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function dot(a: usize, b: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) {
    sum = f64x2.add(sum, f64x2.mul(v128.load(a + k), v128.load(b + k)));
  }
  return total(sum);
}

/** Takes the components along the rows from `first` to before `middle` from those from `middle` to before `end`. */
function takeComponents(rows: usize, first: i32, middle: i32, end: i32, length: i32, sums: usize): void {
  const width = <usize>(middle - first) * 8;
  const bytes = <usize>length * 8;
  memory.fill(sums, 0, <usize>(end - middle) * width);
  for (let place = 0; place < length; place += CHUNK) {
    const from = rows + <usize>place * 8;
    const size = <usize>min(CHUNK, length - place) * 8;
    for (let i = middle; i < end; i += 2) {
      const line = sums + <usize>(i - middle) * width;
      for (let j = first; j < middle; j += 4) {
        const sum = line + <usize>(j - first) * 8;
        addProducts(from + <usize>i * bytes, from + <usize>j * bytes, bytes, size, sum, width);
      }
    }
  }
  for (let place = 0; place < length; place += CHUNK) {
    const from = rows + <usize>place * 8;
    const size = <usize>min(CHUNK, length - place) * 8;
    for (let i = middle; i < end; i += 2) {
      const line = sums + <usize>(i - middle) * width;
      for (let j = first; j < middle; j += 4) {
        const sum = line + <usize>(j - first) * 8;
        subtractProducts(from + <usize>i * bytes, from + <usize>j * bytes, bytes, size, sum, width);
      }
    }
  }
}

function addTo(at: usize, sum: v128): void {
  f64.store(at, f64.load(at) + total(sum));
}

/** Adds to 2 × 4 sums the products of two rows with four others. */
function addProducts(a: usize, b: usize, bytes: usize, size: usize, sum: usize, width: usize): void {
  const a1 = a + bytes;
  const b1 = b + bytes;
  const b2 = b1 + bytes;
  const b3 = b2 + bytes;
  let s00 = f64x2.splat(0);
  let s01 = f64x2.splat(0);
  let s02 = f64x2.splat(0);
  let s03 = f64x2.splat(0);
  let s10 = f64x2.splat(0);
  let s11 = f64x2.splat(0);
  let s12 = f64x2.splat(0);
  let s13 = f64x2.splat(0);
  for (let k: usize = 0; k < size; k += 16) {
    const x0 = v128.load(a + k);
    const x1 = v128.load(a1 + k);
    const y0 = v128.load(b + k);
    s00 = f64x2.add(s00, f64x2.mul(x0, y0));
    s10 = f64x2.add(s10, f64x2.mul(x1, y0));
    const y1 = v128.load(b1 + k);
    s01 = f64x2.add(s01, f64x2.mul(x0, y1));
    s11 = f64x2.add(s11, f64x2.mul(x1, y1));
    const y2 = v128.load(b2 + k);
    s02 = f64x2.add(s02, f64x2.mul(x0, y2));
    s12 = f64x2.add(s12, f64x2.mul(x1, y2));
    const y3 = v128.load(b3 + k);
    s03 = f64x2.add(s03, f64x2.mul(x0, y3));
    s13 = f64x2.add(s13, f64x2.mul(x1, y3));
  }
  addTo(sum, s00);
  addTo(sum + 8, s01);
  addTo(sum + 16, s02);
  addTo(sum + 24, s03);
  addTo(sum + width, s10);
  addTo(sum + width + 8, s11);
  addTo(sum + width + 16, s12);
  addTo(sum + width + 24, s13);
}

/** Subtracts from two rows the products of 2 × 4 sums with four others. */
function subtractProducts(a: usize, b: usize, bytes: usize, size: usize, sum: usize, width: usize): void {
  const a1 = a + bytes;
  const b1 = b + bytes;
  const b2 = b1 + bytes;
  const b3 = b2 + bytes;
  const s00 = v128.load64_splat(sum);
  const s01 = v128.load64_splat(sum + 8);
  const s02 = v128.load64_splat(sum + 16);
  const s03 = v128.load64_splat(sum + 24);
  const s10 = v128.load64_splat(sum + width);
  const s11 = v128.load64_splat(sum + width + 8);
  const s12 = v128.load64_splat(sum + width + 16);
  const s13 = v128.load64_splat(sum + width + 24);
  for (let k: usize = 0; k < size; k += 16) {
    const y0 = v128.load(b + k);
    const y1 = v128.load(b1 + k);
    const y2 = v128.load(b2 + k);
    const y3 = v128.load(b3 + k);
    const x0 = f64x2.add(
      f64x2.add(f64x2.mul(s00, y0), f64x2.mul(s01, y1)),
      f64x2.add(f64x2.mul(s02, y2), f64x2.mul(s03, y3)),
    );
    v128.store(a + k, f64x2.sub(v128.load(a + k), x0));
    const x1 = f64x2.add(
      f64x2.add(f64x2.mul(s10, y0), f64x2.mul(s11, y1)),
      f64x2.add(f64x2.mul(s12, y2), f64x2.mul(s13, y3)),
    );
    v128.store(a1 + k, f64x2.sub(v128.load(a1 + k), x1));
  }
}
