/** Runs layers of files on engines and on the float64 reference. */
import { referenceForward } from '@sluice/core';
import type { Backend } from '@sluice/core/backend';
import { uniformStream } from '@sluice/core/random';
import { type RecurrentLayerData, toPlan } from '@sluice/formats';

/** A batch of sequences `[batch, timesteps, inputSize]`. */
export interface Inputs {
  readonly batch: number;
  readonly timesteps: number;
  readonly x: Float64Array;
}

const BATCH = 3;
const TIMESTEPS = 20;

/** Numbers in (−1, 1), the same every time. */
export function drawInputs({ sizes }: RecurrentLayerData): Inputs {
  const uniform = uniformStream(sizes.inputSize);
  const length = BATCH * TIMESTEPS * sizes.inputSize;
  // Float32 numbers, so that engines and reference get the same.
  const x = Float64Array.from({ length }, () => Math.fround(2 * uniform() - 1));
  return { batch: BATCH, timesteps: TIMESTEPS, x };
}

/** The outputs of both directions, side by side: `[batch, timesteps, directions·units]`. */
export function runReference(layer: RecurrentLayerData, { batch, timesteps, x }: Inputs): Float64Array {
  const sequences = toPlan(layer).map(({ plan, parameters, reverse }) => {
    const exact = parameters.map((values) => Float64Array.from(values));
    return referenceForward(plan, { batch, timesteps, x, parameters: exact, reverse }).sequence;
  });
  return sideBySide(sequences, batch * timesteps);
}

/** The same on an engine. */
export async function runEngine(
  engine: Backend<unknown>,
  layer: RecurrentLayerData,
  { batch, timesteps, x }: Inputs,
): Promise<Float64Array> {
  const sequences: Float64Array[] = [];
  for (const { plan, parameters, reverse } of toPlan(layer)) {
    const buffers = [Float32Array.from(x), ...parameters].map((values) => engine.upload(values));
    const [input, ...uploaded] = buffers;
    const result = engine.forward(plan, { batch, timesteps, x: input, parameters: uploaded, reverse });
    sequences.push(Float64Array.from(await engine.download(result.sequence)));
    for (const buffer of [...buffers, result.sequence, ...result.states]) engine.release(buffer);
  }
  return sideBySide(sequences, batch * timesteps);
}

function sideBySide(sequences: readonly Float64Array[], rows: number): Float64Array {
  if (sequences.length === 1) return sequences[0];
  const units = sequences[0].length / rows;
  const joined = new Float64Array(rows * units * sequences.length);
  for (let row = 0; row < rows; row++) {
    sequences.forEach((sequence, i) => {
      joined.set(sequence.subarray(row * units, (row + 1) * units), (row * sequences.length + i) * units);
    });
  }
  return joined;
}

/** The largest difference; infinite for other lengths and for NaN. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
