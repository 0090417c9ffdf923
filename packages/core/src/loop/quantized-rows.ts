/**
 * Products of rows with matrices in 8 bits, for frames. A column w of a matrix is stored as whole numbers q in [−127, 127]
 * with a scale, w ≈ scale · q. The row is rounded to whole numbers in each frame, so that the product is a sum of whole
 * numbers, which every device computes exactly.
 */
import { FRAME_ALIGNMENT, type Frame } from './frame-rows.js';
import type { LoopProduct, LoopStage, MatrixReference, Reference } from './loop.js';

/** The largest whole number of a matrix. */
const MOST_WEIGHT = 127;
/** The largest whole number of a row: sums over 32 products are then below 2²³. */
const MOST_VALUE = 2064;
/** A row with a smaller largest number is rounded as if that were this one. */
export const SMALLEST_ROW = 2 ** -100;

/** The largest whole number of a row of `depth` numbers: sums of `depth` products fit into 32 bits. */
export const largestWhole = (depth: number): number =>
  Math.min(MOST_VALUE, Math.floor((2 ** 31 - 1) / (MOST_WEIGHT * depth)));

/** A part of a matrix in 8 bits: `whole` is `[rows, columns]`, and there is a scale for each column. */
export interface QuantizedMatrix {
  readonly whole: Int8Array;
  readonly scales: Float32Array;
}

/** Rounds a part of a matrix to 8 bits, each column by its largest magnitude. */
export function quantizeMatrix(values: ArrayLike<number>, part: MatrixReference): QuantizedMatrix {
  const { rows, columns, firstRow, firstColumn, stride } = part;
  const whole = new Int8Array(rows * columns);
  const scales = new Float32Array(columns);
  const start = firstRow * stride + firstColumn;
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      largest = Math.max(largest, Math.abs(values[start + row * stride + column]));
    }
    const scale = Math.fround(largest / MOST_WEIGHT);
    if (scale === 0) continue;
    scales[column] = scale;
    for (let row = 0; row < rows; row++) {
      whole[row * columns + column] = Math.round(values[start + row * stride + column] / scale);
    }
  }
  return { whole, scales };
}

/** Where a product finds its row in whole numbers. */
export interface QuantizedRow {
  /** The first of its places; they count 4 bytes. */
  readonly start: number;
  /** Whether the row must be rounded before this product. Else a product before it has done so. */
  readonly first: boolean;
}

/** The places of a rounded row: four for its scale and its sum, then 16-bit numbers in groups of eight. */
export const quantizedRowLength = (depth: number): number => 4 + Math.ceil(depth / 8) * 4;

/** The rounded rows of a frame: those of each product, and the length of all their places, which later rows use again. */
export function quantizedRows(frame: Frame): {
  readonly rows: ReadonlyMap<LoopProduct, QuantizedRow>;
  readonly length: number;
} {
  const { before, body, after } = frame.loop;
  const rows = new Map<LoopProduct, QuantizedRow>();
  const places = new Map<RowUse, Place>();
  const free: Place[] = [];
  let length = 0;
  const take = (size: number): Place => {
    const found = free.findIndex((place) => place.size >= size);
    if (found >= 0) return free.splice(found, 1)[0];
    length += size;
    return { start: length - size, size };
  };
  for (const { product, use } of usesOf(frame, [...before, ...body, ...after])) {
    const known = places.get(use);
    const place = known ?? take(quantizedRowLength(use.depth));
    places.set(use, place);
    rows.set(product, { start: place.start, first: known === undefined });
    if (use.last === product) free.push(place);
  }
  return { rows, length };
}

interface Place {
  readonly start: number;
  readonly size: number;
}

/** Numbers for rows of parameters, which nothing overwrites: they are below those of the frame's rows. */
const PARAMETERS = -(2 ** 30);

/** A row as it is until something overwrites it, and the last product that reads it. */
interface RowUse {
  readonly depth: number;
  readonly first: number;
  last: LoopProduct;
}

/** The products with matrices in the order of the frame, with their rows. */
function usesOf(
  frame: Frame,
  stages: readonly LoopStage[],
): readonly { readonly product: LoopProduct; readonly use: RowUse }[] {
  const found: { product: LoopProduct; use: RowUse }[] = [];
  let current: RowUse[] = [];
  const overwrite = (reference: Reference) => {
    const start = frame.startOf(reference) as number;
    const end = start + Math.ceil(reference.width / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    current = current.filter(({ first, depth }) => first + depth <= start || end <= first);
  };
  for (const { products, program } of stages) {
    for (const product of products) {
      if (product.kind === 'weights') continue;
      if (product.kind === 'rows') {
        const { left, weights } = product;
        const first = frame.startOf(left) ?? PARAMETERS * (left.buffer + 1) + left.column;
        const depth = weights.rows;
        let use = current.find((each) => each.first === first && each.depth === depth);
        if (use === undefined) {
          use = { first, depth, last: product };
          current.push(use);
        }
        use.last = product;
        found.push({ product, use });
      }
      overwrite(product.result);
    }
    for (const { slot } of program.stores) overwrite(slot);
  }
  return found;
}
