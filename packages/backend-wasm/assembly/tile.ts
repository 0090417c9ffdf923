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
 *   7  2 × 16 tile, one index for both rows                40.7
 * The same on one core of a Zen 3, where a loop on registers alone reaches 51.7:
 *   7  as above                                            32.7   stack check, count and addresses cost 8 of 30 instructions
 *   8  depth unrolled by 4, the loop left between any two  37.5   the ways out keep the compiler from moving all loads
 *                                                                 to the front, which is what made it spill in 2
 *   9  the same with relaxed SIMD (`multiplyAdd`)          49.5   this file
 */

import { multiplyAdd } from './multiply-add';

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
  let left = depth;
  let k: usize = 0;
  while (true) {
    const b00 = v128.load(b);
    const b01 = v128.load(b, 16);
    const b02 = v128.load(b, 32);
    const b03 = v128.load(b, 48);
    const x00 = v128.load32_splat(a0 + k);
    s00 = multiplyAdd(x00, b00, s00);
    s01 = multiplyAdd(x00, b01, s01);
    s02 = multiplyAdd(x00, b02, s02);
    s03 = multiplyAdd(x00, b03, s03);
    const x01 = v128.load32_splat(a1 + k);
    s10 = multiplyAdd(x01, b00, s10);
    s11 = multiplyAdd(x01, b01, s11);
    s12 = multiplyAdd(x01, b02, s12);
    s13 = multiplyAdd(x01, b03, s13);
    if (left === 1) break;
    const b10 = v128.load(b, 64);
    const b11 = v128.load(b, 80);
    const b12 = v128.load(b, 96);
    const b13 = v128.load(b, 112);
    const x10 = v128.load32_splat(a0 + k, 4);
    s00 = multiplyAdd(x10, b10, s00);
    s01 = multiplyAdd(x10, b11, s01);
    s02 = multiplyAdd(x10, b12, s02);
    s03 = multiplyAdd(x10, b13, s03);
    const x11 = v128.load32_splat(a1 + k, 4);
    s10 = multiplyAdd(x11, b10, s10);
    s11 = multiplyAdd(x11, b11, s11);
    s12 = multiplyAdd(x11, b12, s12);
    s13 = multiplyAdd(x11, b13, s13);
    if (left === 2) break;
    const b20 = v128.load(b, 128);
    const b21 = v128.load(b, 144);
    const b22 = v128.load(b, 160);
    const b23 = v128.load(b, 176);
    const x20 = v128.load32_splat(a0 + k, 8);
    s00 = multiplyAdd(x20, b20, s00);
    s01 = multiplyAdd(x20, b21, s01);
    s02 = multiplyAdd(x20, b22, s02);
    s03 = multiplyAdd(x20, b23, s03);
    const x21 = v128.load32_splat(a1 + k, 8);
    s10 = multiplyAdd(x21, b20, s10);
    s11 = multiplyAdd(x21, b21, s11);
    s12 = multiplyAdd(x21, b22, s12);
    s13 = multiplyAdd(x21, b23, s13);
    if (left === 3) break;
    const b30 = v128.load(b, 192);
    const b31 = v128.load(b, 208);
    const b32 = v128.load(b, 224);
    const b33 = v128.load(b, 240);
    const x30 = v128.load32_splat(a0 + k, 12);
    s00 = multiplyAdd(x30, b30, s00);
    s01 = multiplyAdd(x30, b31, s01);
    s02 = multiplyAdd(x30, b32, s02);
    s03 = multiplyAdd(x30, b33, s03);
    const x31 = v128.load32_splat(a1 + k, 12);
    s10 = multiplyAdd(x31, b30, s10);
    s11 = multiplyAdd(x31, b31, s11);
    s12 = multiplyAdd(x31, b32, s12);
    s13 = multiplyAdd(x31, b33, s13);
    left -= 4;
    if (left <= 0) break;
    k += 16;
    b += 256;
  }
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
 * The same on one core of a Zen 4, relaxed SIMD, 128 × 384 and 512 × 1536:
 *   4  as above                                               44.7, 35.4
 *   6  two panels from different halves of the matrix         46.6, 42.9   `pairsOfPanels` in multiply.ts; loads alone allow 52
 *   7  two panels as one stream of 32 columns                 18.8         spills, like 5
 */
export function oneRow(a: usize, b: usize, depth: i32, c: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const end = b + <usize>(depth & ~1) * 64;
  while (b < end) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b, 32), s2);
    s3 = multiplyAdd(x, v128.load(b, 48), s3);
    const y = v128.load32_splat(a, 4);
    s0 = multiplyAdd(y, v128.load(b, 64), s0);
    s1 = multiplyAdd(y, v128.load(b, 80), s1);
    s2 = multiplyAdd(y, v128.load(b, 96), s2);
    s3 = multiplyAdd(y, v128.load(b, 112), s3);
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
  v128.store(c, multiplyAdd(x, v128.load(b), v128.load(c)));
  v128.store(c, multiplyAdd(x, v128.load(b, 16), v128.load(c, 16)), 16);
  v128.store(c, multiplyAdd(x, v128.load(b, 32), v128.load(c, 32)), 32);
  v128.store(c, multiplyAdd(x, v128.load(b, 48), v128.load(c, 48)), 48);
}

/** One row and two panels `b` and `d`, of which the results go to `c` and `e`. */
export function oneRowTwoPanels(a: usize, b: usize, d: usize, depth: i32, c: usize, e: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  const end = b + <usize>(depth & ~1) * 64;
  while (b < end) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b, 32), s2);
    s3 = multiplyAdd(x, v128.load(b, 48), s3);
    s4 = multiplyAdd(x, v128.load(d), s4);
    s5 = multiplyAdd(x, v128.load(d, 16), s5);
    s6 = multiplyAdd(x, v128.load(d, 32), s6);
    s7 = multiplyAdd(x, v128.load(d, 48), s7);
    const y = v128.load32_splat(a, 4);
    s0 = multiplyAdd(y, v128.load(b, 64), s0);
    s1 = multiplyAdd(y, v128.load(b, 80), s1);
    s2 = multiplyAdd(y, v128.load(b, 96), s2);
    s3 = multiplyAdd(y, v128.load(b, 112), s3);
    s4 = multiplyAdd(y, v128.load(d, 64), s4);
    s5 = multiplyAdd(y, v128.load(d, 80), s5);
    s6 = multiplyAdd(y, v128.load(d, 96), s6);
    s7 = multiplyAdd(y, v128.load(d, 112), s7);
    a += 8;
    b += 128;
    d += 128;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(e, s4);
  v128.store(e, s5, 16);
  v128.store(e, s6, 32);
  v128.store(e, s7, 48);
  if (depth & 1) {
    addMultiple(a, b, c);
    addMultiple(a, d, e);
  }
}
