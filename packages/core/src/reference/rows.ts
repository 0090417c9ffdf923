/** Whether the mask says that the step at `position = row · timesteps + step` is padded. */
export const isPadded = (mask: Float64Array | undefined, position: number): boolean =>
  mask !== undefined && mask[position] === 0;

/** The given rows of an array `[…, width]`, as a new array. */
export function takeRows(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  const taken = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) taken[i * width + j] = values[row * width + j];
  });
  return taken;
}

/** A copy of `values` in which `put` has taken the place of the given rows. */
export function putRows(
  values: Float64Array,
  rows: readonly number[],
  put: Float64Array,
  width: number,
): Float64Array {
  const copy = values.slice();
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) copy[row * width + j] = put[i * width + j];
  });
  return copy;
}
