import type { RowOperationName, SequenceRowOperation } from '@sluice/core/backend';

/** Computes one row of the result: `out` from `o` on, from the row of `width` numbers that begins at `i`. */
type RowLoop = (
  out: Float32Array,
  o: number,
  row: Float32Array,
  i: number,
  width: number,
  parts: number,
) => void;

/** A loop for each operation on whole rows, with sums in float64. */
const loops: Readonly<Record<RowOperationName | 'copy', RowLoop>> = {
  copy: (out, o, row, i, width) => {
    for (let n = 0; n < width; n++) out[o + n] = row[i + n];
  },
  sumWithin: (out, o, row, i, width, parts) => {
    const size = width / parts;
    for (let part = 0; part < parts; part++) {
      let sum = 0;
      for (let n = part * size; n < (part + 1) * size; n++) sum += row[i + n];
      out[o + part] = sum;
    }
  },
  maxWithin: (out, o, row, i, width, parts) => {
    const size = width / parts;
    for (let part = 0; part < parts; part++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let n = part * size; n < (part + 1) * size; n++) largest = Math.max(largest, row[i + n]);
      out[o + part] = largest;
    }
  },
  sumAcross: (out, o, row, i, width, parts) => {
    const size = width / parts;
    for (let n = 0; n < size; n++) {
      let sum = 0;
      for (let at = n; at < width; at += size) sum += row[i + at];
      out[o + n] = sum;
    }
  },
  repeat: (out, o, row, i, width, times) => {
    for (let n = 0; n < width; n++) out.fill(row[i + n], o + n * times, o + (n + 1) * times);
  },
  tile: (out, o, row, i, width, times) => {
    for (let copy = 0; copy < times; copy++) {
      for (let n = 0; n < width; n++) out[o + copy * width + n] = row[i + n];
    }
  },
};

/** Applies an operation to `count` rows from row `first` on. */
export function runRows(
  { name, parts, width, operand, result }: SequenceRowOperation<Float32Array>,
  first: number,
  count: number,
): void {
  const loop = loops[name];
  for (let row = first; row < first + count; row++) {
    const o = result.offset + row * result.stride;
    loop(result.memory, o, operand.memory, operand.offset + row * operand.stride, width, parts);
  }
}
