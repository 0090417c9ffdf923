import type { Plan } from '../plan/plan.js';
import type { Backend, SequenceGradient, SequenceInputs, SequenceResult } from './interface.js';

/** The distances, in steps, between batch rows and between time steps in `x` and the sequence. */
export interface SequenceLayout {
  readonly row: number;
  readonly step: number;
}

/** The layout of `[batch, timesteps, …]`, or of `[timesteps, batch, …]` with `timeMajor`. */
export const sequenceLayout = ({
  batch,
  timesteps,
  timeMajor,
}: Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor'>): SequenceLayout =>
  timeMajor ? { row: 1, step: batch } : { row: timesteps, step: 1 };

/**
 * Checks the lengths of a batch's sequences.
 * @throws RangeError for a wrong number of lengths, for a length that is no whole number of 0 to `timesteps`, and for a mask
 *   beside them; TypeError when they are no array.
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

/** The mask `[batch, timesteps]` of sequences with these lengths: 1 for each step that is not padded. */
export function maskOfLengths(lengths: ArrayLike<number>, timesteps: number): Float32Array {
  const mask = new Float32Array(lengths.length * timesteps);
  for (let row = 0; row < lengths.length; row++) {
    mask.fill(1, row * timesteps, row * timesteps + lengths[row]);
  }
  return mask;
}

/** Calls `run`, with the mask of the lengths if a sequence has padded steps. */
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

type Upload<Buffer> = Backend<Buffer>['upload'];

const emptyBuffer = <Buffer>(upload: Upload<Buffer>): Buffer => upload(new Float32Array(0));

/** The result of `forward` for a batch without sequences: empty buffers. */
export const emptyResult = <Buffer>(
  upload: Upload<Buffer>,
  { states }: Plan,
  keep: boolean,
): SequenceResult<Buffer> => ({
  sequence: emptyBuffer(upload),
  states: states.map(() => emptyBuffer(upload)),
  saved: keep ? emptyBuffer(upload) : undefined,
});

/** The result of `gradient` for a batch without sequences: the parameters' gradients, sums over the batch, are zeros. */
export const emptyGradient = <Buffer>(
  upload: Upload<Buffer>,
  { states, parameters }: Plan,
): SequenceGradient<Buffer> => ({
  x: emptyBuffer(upload),
  parameters: parameters.map(({ shape }) => upload(new Float32Array(shape.reduce((a, b) => a * b, 1)))),
  initialStates: states.map(() => emptyBuffer(upload)),
});
