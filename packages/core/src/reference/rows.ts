/** Whether the mask says that the step at `position = row · timesteps + step` is padded. */
export const isPadded = (mask: Float64Array | undefined, position: number): boolean =>
  mask !== undefined && mask[position] === 0;

/** The given rows, in order, of an array `[…, width]`: the array itself when it has no others. */
export function takeRows(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  if (values.length === rows.length * width) return values;
  const taken = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) taken[i * width + j] = values[row * width + j];
  });
  return taken;
}

/** `values` with `put` in place of the given rows: a copy, or `put` itself when there are no others. */
export function putRows(
  values: Float64Array,
  rows: readonly number[],
  put: Float64Array,
  width: number,
): Float64Array {
  if (values.length === put.length) return put;
  const copy = values.slice();
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) copy[row * width + j] = put[i * width + j];
  });
  return copy;
}
