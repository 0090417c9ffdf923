import type { SequenceInputs } from '../src/backend/index.js';
import { type Cell, planFor, referenceForward } from '../src/index.js';

export type Inputs = SequenceInputs<Float64Array>;

export const f64 = (...values: number[]): Float64Array => Float64Array.from(values);

/** Runs the reference over one sequence with one unit and one feature: every parameter block is one number. */
export function runOneUnit(cell: Cell, parameters: number[][], x: number[], options: Partial<Inputs> = {}) {
  const plan = planFor(cell, { inputSize: 1, units: 1 });
  const inputs = {
    batch: 1,
    timesteps: x.length,
    x: f64(...x),
    parameters: parameters.map((p) => f64(...p)),
  };
  const { sequence, states } = referenceForward(plan, { ...inputs, ...options });
  return { sequence: [...sequence], states: states.map(([value]) => value) };
}
