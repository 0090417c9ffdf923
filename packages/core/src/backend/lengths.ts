import type { Backend, SequenceInputs } from './interface.js';

/**
 * Checks the lengths of a batch's sequences.
 * @throws RangeError naming the cell and what is wrong: their number, one that is no whole number of 0 to `timesteps`, or
 *   a mask beside them; TypeError when they are no array.
 */
export function checkLengths(
  cell: string,
  lengths: ArrayLike<number>,
  { batch, timesteps, mask }: { batch: number; timesteps: number; mask?: unknown },
): void {
  if (mask !== undefined) {
    throw new RangeError(`Cell '${cell}': give lengths or a mask, not both; lengths are a mask in short.`);
  }
  if (typeof lengths?.length !== 'number') {
    throw new TypeError(
      `Cell '${cell}': lengths must be an array of ${batch} whole numbers, and not a tensor or buffer.`,
    );
  }
  if (lengths.length !== batch) {
    throw new RangeError(
      `Cell '${cell}': lengths must be ${batch} numbers, one for each row of the batch, but are ${lengths.length}.`,
    );
  }
  for (let row = 0; row < batch; row++) {
    const length = lengths[row];
    if (Number.isInteger(length) && length >= 0 && length <= timesteps) continue;
    throw new RangeError(
      `Cell '${cell}': a length must be a whole number of 0 to ${timesteps} (timesteps), but that of row ${row} is ${length}.`,
    );
  }
}

/** The mask `[batch, timesteps]` of sequences of such lengths: 1 for each step that counts. */
export function maskOfLengths(lengths: ArrayLike<number>, timesteps: number): Float32Array {
  const mask = new Float32Array(lengths.length * timesteps);
  for (let row = 0; row < lengths.length; row++) {
    mask.fill(1, row * timesteps, row * timesteps + lengths[row]);
  }
  return mask;
}

/** Calls `run`, with a mask made of the lengths where a sequence has padded steps. */
export function withMaskOfLengths<Buffer, Result>(
  { upload, release }: Pick<Backend<Buffer>, 'upload' | 'release'>,
  inputs: SequenceInputs<Buffer>,
  run: (inputs: SequenceInputs<Buffer>) => Result,
): Result {
  const { lengths, timesteps } = inputs;
  if (lengths === undefined || Array.from(lengths).every((length) => length === timesteps))
    return run(inputs);
  const mask = upload(maskOfLengths(lengths, timesteps));
  try {
    return run({ ...inputs, mask });
  } finally {
    release(mask);
  }
}
