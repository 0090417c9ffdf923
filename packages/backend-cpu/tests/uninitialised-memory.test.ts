import { cells, type Plan, planFor } from '@sluice/core';
import { backendFromKernels, type SequenceInputs } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { cpuKernels } from '../src/engine/cpu-kernels.js';

/** Memory that is not asked to be zeros holds anything; here NaN, which shows wherever it is read. */
const onZeros = backendFromKernels('cpu', cpuKernels);
const onNaN = backendFromKernels('cpu', {
  ...cpuKernels,
  allocate: (length) => new Float32Array(length).fill(Number.NaN),
});

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + seed));

function inputsFor(plan: Plan, masked: boolean): SequenceInputs<Float32Array> {
  const [batch, timesteps] = [3, 4];
  return {
    batch,
    timesteps,
    x: wave(batch * timesteps * plan.inputSize, 1),
    parameters: plan.parameters.map(({ shape }, i) =>
      wave(
        shape.reduce((a, b) => a * b),
        i,
      ),
    ),
    mask: masked ? Float32Array.of(0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0) : undefined,
  };
}

const made = [
  cells.gru(),
  cells.gru({ resetAfter: false }),
  cells.lstm({ peephole: true }),
  cells.sru(),
  cells.sru({ recurrence: 'full' }),
  cells.simpleRnn(),
  cells.minGru(),
  cells.indRnn(),
];

describe.each(made.map((cell) => [`${cell.name} ${JSON.stringify(cell.options)}`, cell] as const))(
  '%s',
  (_, cell) => {
    for (const masked of [false, true]) {
      for (const maskedOutput of ['repeat', 'zero'] as const) {
        for (const inputSize of [5, 6]) {
          test(`masked ${masked}, padded output ${maskedOutput}, ${inputSize} → 6`, () => {
            const plan = planFor(cell, { inputSize, units: 6 });
            const inputs = { ...inputsFor(plan, masked), maskedOutput };
            const run = (backend: typeof onZeros) => {
              const result = backend.forward(plan, inputs, true);
              const { sequence, states } = backend.forward(plan, inputs);
              return {
                sequence,
                states,
                gradient: backend.gradient(plan, inputs, result, { sequence: wave(72, 9) }),
              };
            };
            const { sequence, states, gradient } = run(onNaN);
            expect({ sequence, states, gradient }).toEqual(run(onZeros));
            expect(sequence.every(Number.isFinite)).toBe(true);
            expect(gradient.parameters.every((values) => values.every(Number.isFinite))).toBe(true);
          });
        }
      }
    }
  },
);
