/**
 * The inner loops of the matrix product: one or two rows times a packed panel of 16 columns.
 *
 * Ladder (GFLOP/s of the inner loop alone, 60 × 128 × 360, one core of a Zen 5 whose other thread was busy, Node 20; a
 * loop on registers alone reaches 59 there):
 *   1  2 × 16 tile, a pointer for each row                 37.6
 *   2  the same, depth unrolled by 2                       29.2   spills
 *   3  3 × 12 and 3 × 16 tiles                             22.4, 28.6   spill
 *   4  6 × 8 tile, rows interleaved                        28.9
 *   5  4 × 8 tile, with pointers; with rows interleaved    38.4; 41.6
 *   6  2 × 16 tile, rows interleaved                       40.8   packing the rows costs more than it brings
 *   7  2 × 16 tile, one index for both rows (this file)    40.7
 */

function keep(to: usize, value: v128, add: bool): void {
  v128.store(to, add ? f32x4.add(v128.load(to), value) : value);
}

/** Two rows. `a0`, `a1`: `depth` numbers each; `b`: `depth × 16`; `c0`, `c1`: 16 each, added to when `add`. */
export function twoRows(a0: usize, a1: usize, b: usize, depth: i32, c0: usize, c1: usize, add: bool): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s02 = f32x4.splat(0);
  let s03 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s12 = f32x4.splat(0);
  let s13 = f32x4.splat(0);
  const end = <usize>depth * 4;
  let k: usize = 0;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a0 + k);
    s00 = f32x4.add(s00, f32x4.mul(x0, b0));
    s01 = f32x4.add(s01, f32x4.mul(x0, b1));
    s02 = f32x4.add(s02, f32x4.mul(x0, b2));
    s03 = f32x4.add(s03, f32x4.mul(x0, b3));
    const x1 = v128.load32_splat(a1 + k);
    s10 = f32x4.add(s10, f32x4.mul(x1, b0));
    s11 = f32x4.add(s11, f32x4.mul(x1, b1));
    s12 = f32x4.add(s12, f32x4.mul(x1, b2));
    s13 = f32x4.add(s13, f32x4.mul(x1, b3));
    k += 4;
    b += 64;
  } while (k < end);
  keep(c0, s00, add);
  keep(c0 + 16, s01, add);
  keep(c0 + 32, s02, add);
  keep(c0 + 48, s03, add);
  keep(c1, s10, add);
  keep(c1 + 16, s11, add);
  keep(c1 + 32, s12, add);
  keep(c1 + 48, s13, add);
}

/** One row, the depth in twos: with four sums alone the additions would wait for each other. */
export function oneRow(a: usize, b: usize, depth: i32, c: usize, add: bool): void {
  let even0 = f32x4.splat(0);
  let even1 = f32x4.splat(0);
  let even2 = f32x4.splat(0);
  let even3 = f32x4.splat(0);
  let odd0 = f32x4.splat(0);
  let odd1 = f32x4.splat(0);
  let odd2 = f32x4.splat(0);
  let odd3 = f32x4.splat(0);
  const end = b + <usize>(depth & ~1) * 64;
  while (b < end) {
    const x = v128.load32_splat(a);
    even0 = f32x4.add(even0, f32x4.mul(x, v128.load(b)));
    even1 = f32x4.add(even1, f32x4.mul(x, v128.load(b, 16)));
    even2 = f32x4.add(even2, f32x4.mul(x, v128.load(b, 32)));
    even3 = f32x4.add(even3, f32x4.mul(x, v128.load(b, 48)));
    const y = v128.load32_splat(a, 4);
    odd0 = f32x4.add(odd0, f32x4.mul(y, v128.load(b, 64)));
    odd1 = f32x4.add(odd1, f32x4.mul(y, v128.load(b, 80)));
    odd2 = f32x4.add(odd2, f32x4.mul(y, v128.load(b, 96)));
    odd3 = f32x4.add(odd3, f32x4.mul(y, v128.load(b, 112)));
    a += 8;
    b += 128;
  }
  if (depth & 1) {
    const x = v128.load32_splat(a);
    even0 = f32x4.add(even0, f32x4.mul(x, v128.load(b)));
    even1 = f32x4.add(even1, f32x4.mul(x, v128.load(b, 16)));
    even2 = f32x4.add(even2, f32x4.mul(x, v128.load(b, 32)));
    even3 = f32x4.add(even3, f32x4.mul(x, v128.load(b, 48)));
  }
  keep(c, f32x4.add(even0, odd0), add);
  keep(c + 16, f32x4.add(even1, odd1), add);
  keep(c + 32, f32x4.add(even2, odd2), add);
  keep(c + 48, f32x4.add(even3, odd3), add);
}
