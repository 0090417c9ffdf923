import type { Frame } from '@sluice/core/backend';
import { quantizedRows, quantizeMatrix } from '@sluice/core/quantized-rows';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { INTEGER_DEPTH, inPanels, type PackedMatrix, type Packing, panelsOf } from './layout.js';
import { INTEGER_PANEL_WIDTHS, writeIntegerProduct } from './write-integer-product.js';
import { writeQuantizedRow } from './write-quantized-row.js';

/**
 * Products with matrices in 8 bits, as sums of whole numbers. `compileFrame` is given them, so that a page whose networks
 * have float32 weights does not load their code.
 */
export interface IntegerProducts extends Packing {
  /** The places of the rounded rows, and the products that read them. */
  readonly rows: (frame: Frame) => ReturnType<typeof quantizedRows>;
  readonly writeRow: (depth: number) => ModuleFunction;
  readonly writeProduct: (depth: number) => ModuleFunction;
}

/** Packed weights have zeros behind the last row. */
const inTurns = (rows: number): number => Math.ceil(rows / INTEGER_DEPTH) * INTEGER_DEPTH;

export const integerProducts: IntegerProducts = {
  rows: quantizedRows,
  writeRow: writeQuantizedRow,
  writeProduct: writeIntegerProduct,
  widths: INTEGER_PANEL_WIDTHS,
  lengthOf: (rows, columns) => (inTurns(rows) / 4 + 1) * inPanels(columns),
  pack: packIntegers,
};

/**
 * Panels of columns in 8 bits, then their scales. 16 bytes have the weights of eight columns for two rows: of each column of
 * the first four its two weights in high bytes, and in low bytes those of the column four further on, plus 128.
 */
function packIntegers(
  matrix: PackedMatrix,
  values: ArrayLike<number>,
  packed: Float32Array<ArrayBuffer>,
): void {
  const { rows, columns } = matrix;
  const { whole, scales } = quantizeMatrix(values, { ...matrix, buffer: matrix.parameter });
  const bytes = new Uint8Array(packed.buffer);
  const at = (row: number, column: number) =>
    row < rows && column < columns ? whole[row * columns + column] : 0;
  let byte = matrix.start * 4;
  for (const { first, width } of panelsOf(columns, INTEGER_PANEL_WIDTHS)) {
    for (let row = 0; row < inTurns(rows); row += 2) {
      for (let column = first; column < first + width; column += column % 8 === 3 ? 5 : 1) {
        for (const each of [row, row + 1]) {
          bytes[byte++] = at(each, column + 4) + 128;
          bytes[byte++] = at(each, column);
        }
      }
    }
    packed.set(scales.subarray(first, first + width), byte / 4);
    byte += width * 4;
  }
}
