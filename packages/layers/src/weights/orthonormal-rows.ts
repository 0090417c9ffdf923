import type { OrthonormalRows } from '@sluice/tfjs';

/**
 * Gram-Schmidt on the rows of a matrix, in float64 and plain TypeScript, for backends without a kernel for it.
 *
 * A recursion over halves: orthonormalize the first half, subtract its components from the second, then orthonormalize
 * the second. Nearly all operations are matrix products, in tiles that fit the registers.
 *
 * Rows are interleaved in groups of three: the first numbers of three rows, then their second numbers, and so on.
 * GFLOP/s on one core of a server, Node 20:
 *   vector by vector                              1.0
 *   tiles of 3 × 3 sums                           3.9
 *   subtraction of four rows, not interleaved     3.9
 *   subtraction of six rows, interleaved          5.0
 */

/** Rows that are interleaved. */
const GROUP = 3;
/** The size at which the recursion ends and rows are orthonormalized one by one: a multiple of six. */
const LEAF = 12;
/** Numbers of a row in one pass: the rows of a tile stay in the cache. */
const CHUNK = 512;

/** Rows of numbers, interleaved in groups. */
class InterleavedRows {
  readonly numbers: Float64Array;
  /** The number of rows in memory; the rows from `count` on stay zeros. */
  readonly stored: number;

  constructor(
    readonly count: number,
    readonly length: number,
  ) {
    const multiple = count <= LEAF ? GROUP : LEAF;
    this.stored = Math.ceil(count / multiple) * multiple;
    this.numbers = new Float64Array(this.stored * length);
  }

  /** Calls `visit` for each number with its index in a row-major matrix and its index in `numbers`. */
  forEach(visit: (rowMajor: number, interleaved: number) => void): void {
    for (let row = 0; row < this.count; row++) {
      const start = this.start(row);
      for (let k = 0; k < this.length; k++) visit(row * this.length + k, start + GROUP * k);
    }
  }

  /** The index of a row's first number. */
  start(row: number): number {
    return (row - (row % GROUP)) * this.length + (row % GROUP);
  }
}

/** Makes rows orthonormal: each becomes a sum of itself, with a positive factor, and of multiples of the rows before it. */
export function orthonormalizeRows({ numbers, count, length }: OrthonormalRows): void {
  const rows = new InterleavedRows(count, length);
  rows.forEach((rowMajor, interleaved) => {
    rows.numbers[interleaved] = numbers[rowMajor];
  });
  const sums = new Float64Array((rows.stored / 2 + LEAF) ** 2);
  const orthonormalize = (first: number, end: number): void => {
    if (end - first <= LEAF) {
      orthonormalizeLeaf(rows, first, Math.min(end, rows.count));
      return;
    }
    const middle = first + Math.ceil((end - first) / 2 / LEAF) * LEAF;
    orthonormalize(first, middle);
    subtractComponents(rows, first, middle, end, sums);
    orthonormalize(middle, end);
  };
  orthonormalize(0, rows.stored);
  rows.forEach((rowMajor, interleaved) => {
    numbers[rowMajor] = rows.numbers[interleaved];
  });
}

/** Makes a few rows orthonormal, one after the other. */
function orthonormalizeLeaf(rows: InterleavedRows, first: number, end: number): void {
  const { numbers, length } = rows;
  for (let i = first; i < end; i++) {
    const row = rows.start(i);
    const norm = Math.sqrt(dot(numbers, row, row, length));
    for (let k = row; k < row + GROUP * length; k += GROUP) numbers[k] /= norm;
    for (let j = i + 1; j < end; j++) {
      const other = rows.start(j);
      const amount = dot(numbers, row, other, length);
      for (let k = 0; k < GROUP * length; k += GROUP) numbers[other + k] -= amount * numbers[row + k];
    }
  }
}

/** Two partial sums: with one, each addition would wait for the one before. */
function dot(numbers: Float64Array, a: number, b: number, length: number): number {
  let even = 0;
  let odd = 0;
  for (let k = 0; k + 1 < length; k += 2) {
    const at = GROUP * k;
    even += numbers[a + at] * numbers[b + at];
    odd += numbers[a + at + GROUP] * numbers[b + at + GROUP];
  }
  const last = GROUP * (length - 1);
  return length % 2 === 0 ? even + odd : even + odd + numbers[a + last] * numbers[b + last];
}

/** Subtracts from the rows `middle` … `end` their components along the orthonormal rows `first` … `middle`. */
function subtractComponents(
  rows: InterleavedRows,
  first: number,
  middle: number,
  end: number,
  sums: Float64Array,
): void {
  const { numbers, length } = rows;
  const width = middle - first;
  sums.fill(0, 0, (end - middle) * width);
  // The first pass, three rows at a time, computes the sums of products; the second, six at a time, subtracts.
  for (const step of [GROUP, 2 * GROUP]) {
    for (let offset = 0; offset < length; offset += CHUNK) {
      const size = Math.min(CHUNK, length - offset);
      for (let i = middle; i < end; i += GROUP) {
        const a = rows.start(i) + offset * GROUP;
        for (let j = first; j < middle; j += step) {
          const b = rows.start(j) + offset * GROUP;
          const sum = (i - middle) * width + j - first;
          if (step === GROUP) addProducts(numbers, a, b, size, sums, sum, width);
          else subtractProducts(numbers, a, b, b + GROUP * length, size, sums, sum, width);
        }
      }
    }
  }
}

/** Adds the products of three rows with three others to 3 × 3 sums; `width` is the distance between lines of sums. */
function addProducts(
  numbers: Float64Array,
  a: number,
  b: number,
  size: number,
  sums: Float64Array,
  sum: number,
  width: number,
): void {
  let [s00, s01, s02, s10, s11, s12, s20, s21, s22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = a, j = b; i < a + GROUP * size; i += GROUP, j += GROUP) {
    const y0 = numbers[j];
    const y1 = numbers[j + 1];
    const y2 = numbers[j + 2];
    const x0 = numbers[i];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    const x1 = numbers[i + 1];
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    const x2 = numbers[i + 2];
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
  }
  const [line1, line2] = [sum + width, sum + 2 * width];
  sums[sum] += s00;
  sums[sum + 1] += s01;
  sums[sum + 2] += s02;
  sums[line1] += s10;
  sums[line1 + 1] += s11;
  sums[line1 + 2] += s12;
  sums[line2] += s20;
  sums[line2 + 1] += s21;
  sums[line2 + 2] += s22;
}

/** Subtracts from three rows the product of 3 × 6 sums with six rows: three from `b` on and three from `c` on. */
function subtractProducts(
  numbers: Float64Array,
  a: number,
  b: number,
  c: number,
  size: number,
  sums: Float64Array,
  sum: number,
  width: number,
): void {
  const [line1, line2] = [sum + width, sum + 2 * width];
  const s00 = sums[sum];
  const s01 = sums[sum + 1];
  const s02 = sums[sum + 2];
  const s03 = sums[sum + 3];
  const s04 = sums[sum + 4];
  const s05 = sums[sum + 5];
  const s10 = sums[line1];
  const s11 = sums[line1 + 1];
  const s12 = sums[line1 + 2];
  const s13 = sums[line1 + 3];
  const s14 = sums[line1 + 4];
  const s15 = sums[line1 + 5];
  const s20 = sums[line2];
  const s21 = sums[line2 + 1];
  const s22 = sums[line2 + 2];
  const s23 = sums[line2 + 3];
  const s24 = sums[line2 + 4];
  const s25 = sums[line2 + 5];
  for (let i = a, j = b, l = c; i < a + GROUP * size; i += GROUP, j += GROUP, l += GROUP) {
    const y0 = numbers[j];
    const y1 = numbers[j + 1];
    const y2 = numbers[j + 2];
    const y3 = numbers[l];
    const y4 = numbers[l + 1];
    const y5 = numbers[l + 2];
    numbers[i] -= s00 * y0 + s01 * y1 + s02 * y2 + (s03 * y3 + s04 * y4 + s05 * y5);
    numbers[i + 1] -= s10 * y0 + s11 * y1 + s12 * y2 + (s13 * y3 + s14 * y4 + s15 * y5);
    numbers[i + 2] -= s20 * y0 + s21 * y1 + s22 * y2 + (s23 * y3 + s24 * y4 + s25 * y5);
  }
}
