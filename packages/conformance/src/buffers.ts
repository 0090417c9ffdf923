import type { Plan } from '@sluice/core';
import type {
  SequenceCotangents,
  SequenceGradient,
  SequenceInputs,
  SequenceResult,
} from '@sluice/core/backend';

/** The same inputs in other buffers. */
export function mapInputs<From, To>(
  inputs: SequenceInputs<From>,
  convert: (buffer: From) => To,
): SequenceInputs<To> {
  const { x, parameters, initialStates, mask, recurrentMasks, ...rest } = inputs;
  return {
    ...rest,
    x: convert(x),
    parameters: parameters.map((values) => convert(values)),
    initialStates: initialStates?.map((values) => (values === undefined ? undefined : convert(values))),
    mask: mask === undefined ? undefined : convert(mask),
    recurrentMasks: recurrentMasks?.map((values) => convert(values)),
  };
}

/** The same cotangents in other buffers. */
export function mapCotangents<From, To>(
  { sequence, states }: SequenceCotangents<From>,
  convert: (buffer: From) => To,
): SequenceCotangents<To> {
  return {
    sequence: sequence === undefined ? undefined : convert(sequence),
    states: states?.map((values) => (values === undefined ? undefined : convert(values))),
  };
}

/** The results of a forward pass by name, for comparison. */
export function namedResults<Buffer>(
  plan: Plan,
  { sequence, states }: SequenceResult<Buffer>,
): Record<string, Buffer> {
  return {
    sequence,
    ...Object.fromEntries(plan.states.map((state, i) => [`final state ${state}`, states[i]])),
  };
}

/** The parts of a gradient by name, for comparison. */
export function namedGradient<Buffer>(
  plan: Plan,
  { x, parameters, initialStates }: SequenceGradient<Buffer>,
): Record<string, Buffer> {
  return {
    'gradient of x': x,
    ...Object.fromEntries(plan.parameters.map(({ name }, i) => [`gradient of ${name}`, parameters[i]])),
    ...Object.fromEntries(
      plan.states.map((state, i) => [`gradient of initial state ${state}`, initialStates[i]]),
    ),
  };
}
