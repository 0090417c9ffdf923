/** How deep a panel is: 16 columns of it (13 kB) stay in the first-level cache while the rows pass by. */
export const DEPTH_BLOCK: i32 = 208;

/** Columns of a panel. */
export const PANEL: i32 = 16;

/**
 * Packs a `depth × columns` matrix as the right-hand side of products: for each depth block, for each panel of 16
 * columns, for each depth 16 numbers; columns beyond the last are zeros. Strides are in bytes, any of both may be the
 * small one, so a transposed matrix costs no more than a plain one.
 *
 * Ladder (128 × 384 numbers, the least of many runs on a busy core of a Zen 5, Node 20; µs):
 *   1  number by number, whatever the strides            27.8
 *   2  a row of a panel as four vectors                   3.4   plain matrices
 *   3  squares of 4 × 4 turned over by shuffles           5.2   transposed matrices
 */
export function pack(
  source: usize,
  rowStride: usize,
  columnStride: usize,
  depth: i32,
  columns: i32,
  to: usize,
): void {
  for (let block = 0; block < depth; block += DEPTH_BLOCK) {
    const blockDepth = min(DEPTH_BLOCK, depth - block);
    for (let column = 0; column < columns; column += PANEL) {
      const width = min(PANEL, columns - column);
      const from = source + <usize>block * rowStride + <usize>column * columnStride;
      if (width === PANEL && columnStride === 4) packPlain(from, rowStride, blockDepth, to);
      else if (width === PANEL && rowStride === 4) packTransposed(from, columnStride, blockDepth, to);
      else packAny(from, rowStride, columnStride, blockDepth, width, to);
      to += <usize>blockDepth * 64;
    }
  }
}

function packPlain(from: usize, rowStride: usize, depth: i32, to: usize): void {
  for (let k = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    from += rowStride;
    to += 64;
  }
}

function packTransposed(from: usize, columnStride: usize, depth: i32, to: usize): void {
  const whole = depth & ~3;
  for (let column: usize = 0; column < 16; column += 4) {
    let source = from + column * columnStride;
    let target = to + column * 4;
    for (let k = 0; k < whole; k += 4) {
      const a = v128.load(source);
      const b = v128.load(source + columnStride);
      const c = v128.load(source + 2 * columnStride);
      const d = v128.load(source + 3 * columnStride);
      const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f32>(lowAB, lowCD, 0, 1, 4, 5));
      v128.store(target, v128.shuffle<f32>(lowAB, lowCD, 2, 3, 6, 7), 64);
      v128.store(target, v128.shuffle<f32>(highAB, highCD, 0, 1, 4, 5), 128);
      v128.store(target, v128.shuffle<f32>(highAB, highCD, 2, 3, 6, 7), 192);
      source += 16;
      target += 256;
    }
  }
  const rest = <usize>whole;
  packAny(from + rest * 4, 4, columnStride, depth - whole, PANEL, to + rest * 64);
}

function packAny(
  from: usize,
  rowStride: usize,
  columnStride: usize,
  depth: i32,
  width: i32,
  to: usize,
): void {
  for (let k = 0; k < depth; k++) {
    let source = from;
    for (let j = 0; j < PANEL; j++) {
      f32.store(to, j < width ? f32.load(source) : 0);
      source += columnStride;
      to += 4;
    }
    from += rowStride;
  }
}

/** Writes `rows × depth` numbers of any strides row by row, each row `depth` numbers long. */
export function packLeft(
  source: usize,
  rowStride: usize,
  columnStride: usize,
  rows: i32,
  depth: i32,
  to: usize,
): void {
  let row = 0;
  if (rowStride === 4) {
    for (; row + 4 <= rows; row += 4) {
      packFourColumns(source + <usize>row * 4, columnStride, depth, to + <usize>(row * depth) * 4);
    }
  }
  for (; row < rows; row++) {
    let from = source + <usize>row * rowStride;
    let target = to + <usize>(row * depth) * 4;
    for (let k = 0; k < depth; k++) {
      f32.store(target, f32.load(from));
      from += columnStride;
      target += 4;
    }
  }
}

/** Four neighbouring columns of a matrix become four rows. */
function packFourColumns(from: usize, stride: usize, depth: i32, to: usize): void {
  const length = <usize>depth * 4;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const a = v128.load(from);
    const b = v128.load(from + stride);
    const c = v128.load(from + 2 * stride);
    const d = v128.load(from + 3 * stride);
    const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(lowAB, lowCD, 0, 1, 4, 5));
    v128.store(to + length, v128.shuffle<f32>(lowAB, lowCD, 2, 3, 6, 7));
    v128.store(to + 2 * length, v128.shuffle<f32>(highAB, highCD, 0, 1, 4, 5));
    v128.store(to + 3 * length, v128.shuffle<f32>(highAB, highCD, 2, 3, 6, 7));
    from += 4 * stride;
    to += 16;
  }
  for (; k < depth; k++) {
    f32.store(to, f32.load(from));
    f32.store(to + length, f32.load(from, 4));
    f32.store(to + 2 * length, f32.load(from, 8));
    f32.store(to + 3 * length, f32.load(from, 12));
    from += stride;
    to += 4;
  }
}
