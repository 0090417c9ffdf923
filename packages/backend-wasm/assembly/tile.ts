/**
 * The inner loops of the matrix product: one or two rows times a packed panel of 16 columns.
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
  const end = b + <usize>depth * 64;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a0);
    s00 = f32x4.add(s00, f32x4.mul(x0, b0));
    s01 = f32x4.add(s01, f32x4.mul(x0, b1));
    s02 = f32x4.add(s02, f32x4.mul(x0, b2));
    s03 = f32x4.add(s03, f32x4.mul(x0, b3));
    const x1 = v128.load32_splat(a1);
    s10 = f32x4.add(s10, f32x4.mul(x1, b0));
    s11 = f32x4.add(s11, f32x4.mul(x1, b1));
    s12 = f32x4.add(s12, f32x4.mul(x1, b2));
    s13 = f32x4.add(s13, f32x4.mul(x1, b3));
    a0 += 4;
    a1 += 4;
    b += 64;
  } while (b < end);
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
