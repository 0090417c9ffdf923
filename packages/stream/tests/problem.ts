import { planFor, referenceForward } from '@sluice/core';
import type { Network } from '@sluice/core/network';
import { uniformStream } from '@sluice/core/random';
import { expect } from 'vitest';
import { createStream, type StreamSource } from '../src/index.js';

/** Numbers in (−1, 1). */
export function numbers(seed: number): (length: number, scale?: number) => Float32Array {
  const next = uniformStream(seed);
  return (length, scale = 1) => Float32Array.from({ length }, () => (2 * next() - 1) * scale);
}

export const planOf = (source: StreamSource) =>
  'cell' in source ? planFor(source.cell, source) : planFor(source, source.sizes);

/** Random weights of a source, by name, those of `Network.fixed` left out. */
export function weightsOf(source: StreamSource, seed: number): Record<string, Float32Array> {
  const random = numbers(seed);
  const fixed = 'cell' in source ? undefined : source.fixed;
  const learned = planOf(source).parameters.filter(({ name }) => !fixed?.has(name));
  return Object.fromEntries(
    learned.map(({ name, shape }) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, random(length, 1 / Math.sqrt(shape.length > 1 ? shape[0] : 4))];
    }),
  );
}

interface Conditions {
  readonly frames?: number;
  readonly seed?: number;
  readonly quantize?: 'int8';
  /** The parameters of the reference. */
  readonly rounded?: (source: StreamSource, parameters: readonly Float64Array[]) => readonly Float64Array[];
}

/** The outputs of a stream, and those of the float64 reference, for the same random frames. */
export async function runBoth(
  source: StreamSource,
  backend: 'wasm' | 'cpu',
  { frames = 5, seed = 3, quantize, rounded = (_, parameters) => parameters }: Conditions = {},
): Promise<{ readonly actual: Float32Array; readonly expected: Float64Array }> {
  const plan = planOf(source);
  const weights = weightsOf(source, seed);
  const fixed = 'cell' in source ? undefined : (source as Network).fixed;
  const x = numbers(seed + 1)(frames * plan.inputSize);
  const parameters = plan.parameters.map(({ name }) =>
    Float64Array.from(weights[name] ?? (fixed?.get(name) as Float32Array)),
  );
  const { sequence } = referenceForward(plan, {
    ...{ batch: 1, timesteps: frames, x: Float64Array.from(x) },
    parameters: rounded(source, parameters),
  });
  const stream = await createStream(source, { weights, backend, quantize });
  const actual = new Float32Array(sequence.length);
  for (let frame = 0; frame < frames; frame++) {
    const result = stream.process(x.subarray(frame * plan.inputSize, (frame + 1) * plan.inputSize));
    actual.set(result, frame * plan.outputWidth);
  }
  stream.dispose();
  return { actual, expected: sequence };
}

/** Each number within `tolerance`, relative to the larger of 1 and the expected number. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= tolerance)) expect.fail(`number ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}
