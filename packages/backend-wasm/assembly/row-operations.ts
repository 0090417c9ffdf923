/**
 * Operations on whole rows, as core's table of row operations defines them. Rows have `width` numbers; the operation comes
 * with its number of equal parts, or of copies. Lengths are in numbers, strides in bytes.
 */

/** Applies operation `name` (in the order of `ROW_OPERATIONS` in src/engine/rows.ts) to each row. */
export function runRows(
  name: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  rows: i32,
  width: i32,
  parts: i32,
): void {
  for (let row = 0; row < rows; row++) {
    switch (name) {
      case 0:
        memory.copy(to, from, <usize>width * 4);
        break;
      case 1:
        sumWithin(from, to, width / parts, parts);
        break;
      case 2:
        maxWithin(from, to, width / parts, parts);
        break;
      case 3:
        sumAcross(from, to, width / parts, parts);
        break;
      case 4:
        repeat(from, to, width, parts);
        break;
      default:
        for (let copy = 0; copy < parts; copy++) {
          memory.copy(to + <usize>copy * width * 4, from, <usize>width * 4);
        }
    }
    from += fromStride;
    to += toStride;
  }
}

/**
 * The numbers that are added up before the sum is added to others. Rounding errors then grow with this count and that of the
 * blocks, not with the length of the row, which can be 100,000.
 */
const BLOCK = 128;

function sumWithin(from: usize, to: usize, size: i32, parts: i32): void {
  for (let part = 0; part < parts; part++) {
    let sum: f64 = 0;
    for (let n = 0; n < size; ) {
      const end = min(n + BLOCK, size);
      let four = f32x4.splat(0);
      for (; n + 4 <= end; n += 4) {
        four = f32x4.add(four, v128.load(from));
        from += 16;
      }
      let block =
        f32x4.extract_lane(four, 0) +
        f32x4.extract_lane(four, 1) +
        (f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3));
      for (; n < end; n++) {
        block += f32.load(from);
        from += 4;
      }
      sum += block;
    }
    f32.store(to, <f32>sum);
    to += 4;
  }
}

function maxWithin(from: usize, to: usize, size: i32, parts: i32): void {
  for (let part = 0; part < parts; part++) {
    let largest: f32 = f32.load(from);
    from += 4;
    for (let n = 1; n < size; n++) {
      // WebAssembly's max gives NaN if one operand is NaN.
      largest = max<f32>(largest, f32.load(from));
      from += 4;
    }
    f32.store(to, largest);
    to += 4;
  }
}

function sumAcross(from: usize, to: usize, size: i32, parts: i32): void {
  const stride = <usize>size * 4;
  let n = 0;
  for (; n + 4 <= size; n += 4) {
    let sum = f32x4.splat(0);
    for (let part = 0; part < parts; ) {
      const end = min(part + BLOCK, parts);
      let block = f32x4.splat(0);
      for (; part < end; part++) block = f32x4.add(block, v128.load(from + <usize>part * stride));
      sum = f32x4.add(sum, block);
    }
    v128.store(to, sum);
    from += 16;
    to += 16;
  }
  for (; n < size; n++) {
    let sum: f64 = 0;
    for (let part = 0; part < parts; part++) sum += f32.load(from + <usize>part * stride);
    f32.store(to, <f32>sum);
    from += 4;
    to += 4;
  }
}

function repeat(from: usize, to: usize, width: i32, times: i32): void {
  for (let n = 0; n < width; n++) {
    const number = f32.load(from);
    const four = f32x4.splat(number);
    let copy = 0;
    for (; copy + 4 <= times; copy += 4) {
      v128.store(to, four);
      to += 16;
    }
    for (; copy < times; copy++) {
      f32.store(to, number);
      to += 4;
    }
    from += 4;
  }
}
