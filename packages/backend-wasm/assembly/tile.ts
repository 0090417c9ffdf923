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

/**
 * One row; `c` is written to.
 *
 * Ladder (GFLOP/s, 128 × 384, on the same core):
 *   1  one panel, the depth in twos with sums of their own    19.6   8 sums; the compiler spills
 *   2  one panel, four sums                                   32.7
 *   3  one panel, the depth in twos, four sums                34.9   this function
 *   4  two panels side by side, the depth in twos             41.2   `oneRowTwoPanels`
 *   5  the same with the condition at the loop's end          22.5   the compiler spills
 */
export function oneRow(a: usize, b: usize, depth: i32, c: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const end = b + <usize>(depth & ~1) * 64;
  while (b < end) {
    const x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(b, 48)));
    const y = v128.load32_splat(a, 4);
    s0 = f32x4.add(s0, f32x4.mul(y, v128.load(b, 64)));
    s1 = f32x4.add(s1, f32x4.mul(y, v128.load(b, 80)));
    s2 = f32x4.add(s2, f32x4.mul(y, v128.load(b, 96)));
    s3 = f32x4.add(s3, f32x4.mul(y, v128.load(b, 112)));
    a += 8;
    b += 128;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  if (depth & 1) addMultiple(a, b, c);
}

/** `c += a[0] · b`, 16 numbers: the last of an odd depth. (In the loops' functions it would make the compiler spill.) */
function addMultiple(a: usize, b: usize, c: usize): void {
  const x = v128.load32_splat(a);
  v128.store(c, f32x4.add(v128.load(c), f32x4.mul(x, v128.load(b))));
  v128.store(c, f32x4.add(v128.load(c, 16), f32x4.mul(x, v128.load(b, 16))), 16);
  v128.store(c, f32x4.add(v128.load(c, 32), f32x4.mul(x, v128.load(b, 32))), 32);
  v128.store(c, f32x4.add(v128.load(c, 48), f32x4.mul(x, v128.load(b, 48))), 48);
}

/** One row and two panels that lie one behind the other; `c`: 32 numbers. */
export function oneRowTwoPanels(a: usize, b: usize, depth: i32, c: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  let d = b + <usize>depth * 64;
  const end = b + <usize>(depth & ~1) * 64;
  while (b < end) {
    const x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(b, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(d)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(d, 16)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(d, 32)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(d, 48)));
    const y = v128.load32_splat(a, 4);
    s0 = f32x4.add(s0, f32x4.mul(y, v128.load(b, 64)));
    s1 = f32x4.add(s1, f32x4.mul(y, v128.load(b, 80)));
    s2 = f32x4.add(s2, f32x4.mul(y, v128.load(b, 96)));
    s3 = f32x4.add(s3, f32x4.mul(y, v128.load(b, 112)));
    s4 = f32x4.add(s4, f32x4.mul(y, v128.load(d, 64)));
    s5 = f32x4.add(s5, f32x4.mul(y, v128.load(d, 80)));
    s6 = f32x4.add(s6, f32x4.mul(y, v128.load(d, 96)));
    s7 = f32x4.add(s7, f32x4.mul(y, v128.load(d, 112)));
    a += 8;
    b += 128;
    d += 128;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
  v128.store(c, s7, 112);
  if (depth & 1) {
    addMultiple(a, b, c);
    addMultiple(a, d, c + 64);
  }
}
