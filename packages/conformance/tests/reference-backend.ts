import { type Plan, referenceForward, referenceGradient } from '@sluice/core';
import {
  type Backend,
  checkCotangents,
  checkInputs,
  type SequenceCotangents,
  type SequenceGradient,
  type SequenceInputs,
  type SequenceResult,
} from '@sluice/core/backend';
import { mapCotangents, mapInputs } from '../src/buffers.js';

const exact = (values: Float32Array): Float64Array => Float64Array.from(values);
const rounded = (values: Float64Array): Float32Array => Float32Array.from(values);

/** The float64 reference as a backend: right by definition, so that tests can make one thing about it wrong. */
export class ReferenceBackend implements Backend<Float32Array> {
  readonly name: string = 'reference';

  upload(values: Float32Array): Float32Array {
    return values.slice();
  }
  async download(buffer: Float32Array): Promise<Float32Array> {
    return buffer.slice();
  }
  release(_buffer: Float32Array): void {}
  savedLength(_plan: Plan, batch: number, timesteps: number): number {
    return batch * timesteps;
  }
  forward(plan: Plan, inputs: SequenceInputs<Float32Array>, keep = false): SequenceResult<Float32Array> {
    checkInputs(plan, inputs);
    const { sequence, states } = referenceForward(plan, mapInputs(inputs, exact));
    const saved = keep ? new Float32Array(inputs.batch * inputs.timesteps) : undefined;
    return { sequence: rounded(sequence), states: states.map(rounded), saved };
  }
  gradient(
    plan: Plan,
    inputs: SequenceInputs<Float32Array>,
    result: SequenceResult<Float32Array>,
    cotangents: SequenceCotangents<Float32Array>,
  ): SequenceGradient<Float32Array> {
    checkInputs(plan, inputs);
    checkCotangents(plan, inputs, cotangents);
    if (result.saved === undefined) throw new Error(`Cell '${plan.cell.name}': nothing was kept.`);
    const gradient = referenceGradient(plan, mapInputs(inputs, exact), mapCotangents(cotangents, exact));
    return {
      x: rounded(gradient.x),
      parameters: gradient.parameters.map(rounded),
      initialStates: gradient.initialStates.map(rounded),
    };
  }
}
