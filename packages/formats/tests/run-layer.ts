import { referenceForward } from '@sluice/core';
import { type RecurrentLayerData, toPlan } from '../src/index.js';

/** What the float64 reference computes for a layer of a file. */
export interface LayerResult {
  /** The outputs `[batch, timesteps, units]` of each direction. */
  readonly sequences: readonly Float64Array[];
  /** The last states of each direction. */
  readonly states: readonly (readonly Float64Array[])[];
}

/** Runs every direction of a layer in float64. @param x `[batch, timesteps, inputSize]`. */
export function runLayer(
  layer: RecurrentLayerData,
  x: ArrayLike<number>,
  batch: number,
  options: { mask?: Float64Array; maskedOutput?: 'repeat' | 'zero' } = {},
): LayerResult {
  const timesteps = x.length / batch / layer.sizes.inputSize;
  const results = toPlan(layer).map(({ plan, parameters, reverse }) =>
    referenceForward(plan, {
      batch,
      timesteps,
      x: Float64Array.from(x),
      parameters: parameters.map((values) => Float64Array.from(values)),
      reverse,
      ...options,
    }),
  );
  return {
    sequences: results.map(({ sequence }) => sequence),
    states: results.map(({ states }) => [...states]),
  };
}

/** The outputs of two directions side by side: `[batch, timesteps, 2·units]`. */
export function sideBySide({ sequences }: LayerResult, units: number): number[] {
  const rows = sequences[0].length / units;
  return Array.from({ length: rows }, (_, row) =>
    sequences.flatMap((sequence) => [...sequence.subarray(row * units, (row + 1) * units)]),
  ).flat();
}

/** The largest difference between two lists of numbers of the same length. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
