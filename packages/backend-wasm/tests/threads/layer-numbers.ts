import { type cells, planFor } from '@sluice/core';
import { expect } from 'vitest';
import type { WasmBackend } from '../../src/engine.js';

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 0.37 + seed) / 4);

/** Forward and gradient of a layer large enough that every step is shared: the numbers, by name. */
export async function numbersOf(
  backend: WasmBackend,
  cell: ReturnType<typeof cells.gru>,
  batch: number,
  units: number,
) {
  const [timesteps, inputSize] = [5, units];
  const plan = planFor(cell, { inputSize, units });
  const inputs = {
    batch,
    timesteps,
    x: backend.upload(wave(batch * timesteps * inputSize, 1)),
    parameters: plan.parameters.map(({ shape }, i) =>
      backend.upload(
        wave(
          shape.reduce((a, b) => a * b),
          i,
        ),
      ),
    ),
    mask: backend.upload(Float32Array.from({ length: batch * timesteps }, (_, i) => Number(i % 7 !== 3))),
  };
  const cotangent = backend.upload(wave(batch * timesteps * units, 5));
  const result = backend.forward(plan, inputs, true);
  const gradient = backend.gradient(plan, inputs, result, { sequence: cotangent });
  const buffers = {
    sequence: result.sequence,
    states: result.states,
    x: gradient.x,
    parameters: gradient.parameters,
    initialStates: gradient.initialStates,
  };
  const lists = Object.entries(buffers).map(async ([name, list]) => {
    const all = await Promise.all([list].flat().map((buffer) => backend.download(buffer)));
    return [name, all] as const;
  });
  const numbers: Numbers = Object.fromEntries(await Promise.all(lists));
  for (const buffer of Object.values(buffers).flat()) backend.release(buffer);
  return numbers;
}

export type Numbers = Record<string, Float32Array[]>;

/** The largest difference, relative to max(1, |wanted|), between numbers of the same names; NaN where one is. */
export function distance(given: Numbers, wanted: Numbers): number {
  let largest = 0;
  for (const [name, lists] of Object.entries(given)) {
    lists.forEach((list, i) => {
      expect(list.length).toBe(wanted[name][i].length);
      for (const [j, value] of list.entries()) {
        const other = wanted[name][i][j];
        const off = Math.abs(value - other) / Math.max(1, Math.abs(other));
        if (!(off <= largest)) largest = off;
      }
    });
  }
  return largest;
}

/** Resolves when workers that have been started are there. */
export const workersUp = () => new Promise((resolve) => setTimeout(resolve, 300));
