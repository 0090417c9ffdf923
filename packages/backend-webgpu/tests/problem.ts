import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { type Cell, type Plan, planFor } from '@sluice/core';
import type { SequenceCotangents, SequenceInputs } from '@sluice/core/backend';
import type { WebgpuBackend } from '../src/engine.js';

export interface Shape {
  readonly batch: number;
  readonly timesteps: number;
  readonly inputSize: number;
  readonly units: number;
}

/** The inputs of a forward pass and of its gradient. */
export interface Problem<Buffer> {
  readonly plan: Plan;
  readonly inputs: SequenceInputs<Buffer>;
  readonly cotangents: SequenceCotangents<Buffer>;
}

/** A problem with reproducible pseudorandom numbers; the last third of the first row is padded. */
export function problemOf(
  cell: Cell,
  { batch, timesteps, inputSize, units }: Shape,
  more: Partial<SequenceInputs<Float32Array>> = {},
): Problem<Float32Array> {
  const plan = planFor(cell, { inputSize, units });
  let seed = 1;
  const numbers = (length: number, scale = 1) =>
    Float32Array.from({ length }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed / 2_147_483_647 - 0.5) * scale;
    });
  const mask = new Float32Array(batch * timesteps).fill(1).fill(0, Math.ceil((2 * timesteps) / 3), timesteps);
  return {
    plan,
    inputs: {
      batch,
      timesteps,
      mask,
      x: numbers(batch * timesteps * inputSize, 2),
      parameters: plan.parameters.map(({ shape, form }) =>
        numbers(
          shape.reduce((a, b) => a * b, 1),
          form === 'matrix' ? 2 / Math.sqrt(shape[0]) : 1,
        ),
      ),
      initialStates: plan.stateWidths.map((width) => numbers(batch * width)),
      ...more,
    },
    cotangents: {
      sequence: numbers(batch * timesteps * plan.outputWidth),
      states: plan.stateWidths.map((width) => numbers(batch * width)),
    },
  };
}

/** Converts the buffers of a problem. */
export function mapProblem<From, To>(
  { plan, inputs, cotangents }: Problem<From>,
  convert: (values: From) => To,
): Problem<To> {
  const all = (buffers: readonly (From | undefined)[] = []): (To | undefined)[] =>
    buffers.map((buffer) => (buffer === undefined ? undefined : convert(buffer)));
  return {
    plan,
    inputs: {
      ...inputs,
      x: convert(inputs.x),
      parameters: inputs.parameters.map(convert),
      initialStates: all(inputs.initialStates),
      mask: inputs.mask && convert(inputs.mask),
      recurrentMasks: undefined,
    },
    cotangents: {
      sequence: cotangents.sequence && convert(cotangents.sequence),
      states: all(cotangents.states),
    },
  };
}

/** Runs a problem on a backend and returns the sequence, the states and all gradients. */
export async function resultsOn(
  backend: WebgpuBackend,
  problem: Problem<Float32Array>,
): Promise<Float32Array[]> {
  const { plan, inputs, cotangents } = mapProblem(problem, backend.upload);
  const result = backend.forward(plan, inputs, true);
  const gradient = backend.gradient(plan, inputs, result, cotangents);
  const buffers = [
    result.sequence,
    ...result.states,
    gradient.x,
    ...gradient.parameters,
    ...gradient.initialStates,
  ];
  const numbers: Float32Array[] = [];
  for (const buffer of buffers) numbers.push(await backend.download(buffer));
  return numbers;
}

/** The same on the cpu backend, which is tested against the float64 reference and much faster. */
export function expectedOf(problem: Problem<Float32Array>): Float32Array[] {
  const cpu = createCpuBackend();
  const { plan, inputs, cotangents } = mapProblem(problem, cpu.upload);
  const result = cpu.forward(plan, inputs, true);
  const gradient = cpu.gradient(plan, inputs, result, cotangents);
  const buffers = [
    result.sequence,
    ...result.states,
    gradient.x,
    ...gradient.parameters,
    ...gradient.initialStates,
  ];
  return buffers.map(({ memory }) => memory as Float32Array);
}

/** The largest error of numbers, relative to max(1, |expected|); NaN if any number is NaN. */
export function worstError(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  const errors = expected.flatMap((values, i) =>
    Array.from(values, (value, j) => Math.abs(actual[i][j] - value) / Math.max(1, Math.abs(value))),
  );
  return errors.reduce((worst, error) => (error <= worst ? worst : error), 0);
}
