/** Work on whole rows of numbers. Lengths are in numbers, strides in bytes. */

/** Writes zeros. */
export function clear(to: usize, length: i32): void {
  memory.fill(to, 0, <usize>length * 4);
}

export function copyRows(
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  rows: i32,
  length: i32,
): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(to, from, <usize>length * 4);
    from += fromStride;
    to += toStride;
  }
}

/** `to += from`. */
export function addRow(from: usize, to: usize, length: i32): void {
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
    to += 16;
  }
  for (; j < length; j++) {
    f32.store(to, f32.load(to) + f32.load(from));
    from += 4;
    to += 4;
  }
}

/** `sums[ids[i]] += rows[i]`; rows with an id outside `0 … segments − 1` are dropped, as in TensorFlow. */
export function segmentSum(
  rows: usize,
  ids: usize,
  sums: usize,
  count: i32,
  segments: i32,
  length: i32,
): void {
  const bytes = <usize>length * 4;
  for (let i = 0; i < count; i++) {
    const id = i32.load(ids + <usize>i * 4);
    if (id >= 0 && id < segments) addRow(rows + <usize>i * bytes, sums + <usize>id * bytes, length);
  }
}

/**
 * `result[i] = table[ids[i]]`. Returns the first `i` whose id is outside of the table's `rows` rows, where it stops, or
 * −1.
 */
export function gatherRows(table: usize, ids: usize, result: usize, count: i32, rows: i32, length: i32): i32 {
  const bytes = <usize>length * 4;
  for (let i = 0; i < count; i++) {
    const id = i32.load(ids + <usize>i * 4);
    if (id < 0 || id >= rows) return i;
    memory.copy(result + <usize>i * bytes, table + <usize>id * bytes, bytes);
  }
  return -1;
}

/** `to = from` where `from` is NaN. */
export function keepNaN(from: usize, to: usize, length: i32): void {
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    const value = v128.load(from);
    v128.store(to, v128.bitselect(v128.load(to), value, f32x4.eq(value, value)));
    from += 16;
    to += 16;
  }
  for (; j < length; j++) {
    const value = f32.load(from);
    if (f32.ne(value, value)) f32.store(to, value);
    from += 4;
    to += 4;
  }
}
