import { type Plan, referenceForward, referenceGradient } from '@sluice/core';
import type { SequenceCotangents, SequenceInputs, SequenceResult } from '@sluice/core/backend';
import type { NativeWeights } from '@sluice/core/layouts';

/** One direction of a layer as core's reference runs it. */
export interface Side {
  readonly plan: Plan;
  readonly weights: NativeWeights<Float64Array>;
  readonly reverse: boolean;
  readonly initialStates?: readonly Float64Array[] | undefined;
  readonly recurrentMasks?: readonly Float64Array[] | undefined;
}

/** What both directions of a layer share. `x` is `[batch, timesteps, inputSize]`. */
export type Batch = Pick<SequenceInputs<Float64Array>, 'batch' | 'timesteps' | 'x' | 'mask' | 'maskedOutput'>;

export interface SideGradient {
  readonly x: Float64Array;
  readonly weights: Readonly<Record<string, Float64Array>>;
  readonly initialStates: readonly Float64Array[];
}

export function runSide(side: Side, batch: Batch): SequenceResult<Float64Array> {
  return referenceForward(side.plan, inputsOf(side, batch));
}

export function differentiateSide(
  side: Side,
  batch: Batch,
  cotangents: SequenceCotangents<Float64Array>,
): SideGradient {
  const { x, parameters, initialStates } = referenceGradient(side.plan, inputsOf(side, batch), cotangents);
  const weights = Object.fromEntries(side.plan.parameters.map(({ name }, i) => [name, parameters[i]]));
  return { x, weights, initialStates };
}

function inputsOf(side: Side, batch: Batch): SequenceInputs<Float64Array> {
  const { plan, weights, reverse, initialStates, recurrentMasks } = side;
  const parameters = plan.parameters.map(({ name }) => {
    const found = (weights as Readonly<Record<string, Float64Array | undefined>>)[name];
    if (!found) throw new Error(`The library's weights lack ${name}.`);
    return found;
  });
  return { ...batch, parameters, reverse, initialStates, recurrentMasks };
}
