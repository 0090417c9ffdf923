import type { Frame, LoopProduct, MatrixReference, Reference } from '@sluice/core/backend';
import {
  largestWhole,
  type QuantizedMatrix,
  quantizedRows,
  quantizeMatrix,
  SMALLEST_ROW,
} from '@sluice/core/quantized-rows';
import type { RowPlace } from './engine/program.js';

/** 1.5 · 2⁵²: adding and subtracting it rounds to the nearest whole number; of two, to the even one. */
const ROUNDING = 6_755_399_441_055_744;

/** Matrices in 8 bits, which many frames share. */
const quantizedMatrices = new WeakMap<Float32Array, Map<string, QuantizedMatrix>>();

/** The products of a frame with matrices in 8 bits. Their numbers are those of `@sluice/backend-wasm/frame`. */
export class IntegerProducts {
  private readonly rows: ReturnType<typeof quantizedRows>['rows'];
  private readonly numbers: Int16Array;
  private readonly scales: Float32Array;

  constructor(
    frame: Frame,
    private readonly placeOf: (reference: Reference) => RowPlace,
    private readonly matrixOf: (buffer: number) => Float32Array,
  ) {
    const { rows, length } = quantizedRows(frame);
    this.rows = rows;
    this.scales = new Float32Array(length);
    this.numbers = new Int16Array(this.scales.buffer);
  }

  /** The work of a product as a function that allocates nothing. */
  bind(product: LoopProduct & { readonly kind: 'rows' }): () => void {
    const { left, weights, result } = product;
    const row = this.rows.get(product);
    if (row === undefined) throw new Error('the product is not one of the frame');
    const { scales } = this;
    const [from, to] = [this.placeOf(left), this.placeOf(result)];
    // Behind the four places of the scale.
    const numbers = this.numbers.subarray((row.start + 4) * 2, (row.start + 4) * 2 + weights.rows);
    const matrix = quantizedPart(this.matrixOf(weights.buffer), weights);
    const sums = new Int32Array(weights.columns);
    return () => {
      if (row.first) scales[row.start] = roundRow(from, numbers);
      multiplyIntegers(numbers, scales[row.start], matrix, sums, to);
    };
  }
}

function quantizedPart(values: Float32Array, part: MatrixReference): QuantizedMatrix {
  const known = quantizedMatrices.get(values) ?? new Map<string, QuantizedMatrix>();
  quantizedMatrices.set(values, known);
  const { firstRow, rows, firstColumn, columns } = part;
  const key = [firstRow, rows, firstColumn, columns].join();
  const matrix = known.get(key) ?? quantizeMatrix(values, part);
  known.set(key, matrix);
  return matrix;
}

/** Rounds a row. @returns its scale, which is NaN when a number is not finite. */
function roundRow({ memory, start }: RowPlace, numbers: Int16Array): number {
  const { length } = numbers;
  let largest = SMALLEST_ROW;
  for (let k = 0; k < length; k++) {
    const magnitude = Math.abs(memory[start + k]);
    if (!(magnitude < Number.POSITIVE_INFINITY)) return Number.NaN;
    if (magnitude > largest) largest = magnitude;
  }
  const most = largestWhole(length);
  const inverse = Math.fround(most / largest);
  for (let k = 0; k < length; k++) {
    numbers[k] = Math.fround(memory[start + k] * inverse) + ROUNDING - ROUNDING;
  }
  return Math.fround(largest / most);
}

/** A rounded row times a matrix: exact sums, then each is rounded to float32 and scaled. */
function multiplyIntegers(
  numbers: Int16Array,
  scale: number,
  { whole, scales }: QuantizedMatrix,
  sums: Int32Array,
  to: RowPlace,
): void {
  const columns = sums.length;
  sums.fill(0);
  for (let k = 0; k < numbers.length; k++) {
    const value = numbers[k];
    const at = k * columns;
    for (let n = 0; n < columns; n++) sums[n] += value * whole[at + n];
  }
  for (let n = 0; n < columns; n++) {
    to.memory[to.start + n] = Math.fround(Math.fround(sums[n]) * scale) * scales[n];
  }
}
