import { type Plan, referenceForward } from '@sluice/core';
import { mapInputs } from './buffers.js';
import type { Problem } from './problem.js';

/** Far more than a device's rounding errors in a pre-activation, far less than the pre-activation itself. */
const NEAR = 1e-5;

/**
 * Whether any value of the forward pass lies close to where the derivative of a `max`, `min` or `abs` jumps.
 *
 * Values exactly there do no harm: they come from exact zeros (a state that starts at 0, what `relu` cuts off), which a
 * device has as well.
 *
 * The operands are read off the reference by running the plan with the operand in place of its output.
 */
export function isNearKink({ plan, inputs }: Problem): boolean {
  const kinks = kinksOf(plan);
  if (kinks.length === 0) return false;
  const exact = mapInputs(inputs, (values) => Float64Array.from(values));
  return kinks.some(({ operand, at }) => {
    const { sequence } = referenceForward({ ...plan, output: operand }, exact);
    const isNear = (value: number) => value !== at && Math.abs(value - at) < NEAR;
    return sequence.some((value, i) => isUsed(i, plan, inputs.mask) && isNear(value));
  });
}

/** At padded steps there is no value, the reference shows zeros or the one before. */
function isUsed(index: number, { units }: Plan, mask: Float32Array | undefined): boolean {
  return mask === undefined || mask[Math.floor(index / units)] !== 0;
}

/** Every operand of the forward pass whose derivative jumps, and where. */
function kinksOf(plan: Plan): { operand: number; at: number }[] {
  const forwardNodes = Math.max(...plan.newStates, plan.output) + 1;
  return plan.nodes.slice(0, forwardNodes).flatMap((node) => {
    if (node.kind !== 'operation') return [];
    if (node.name === 'abs') return [{ operand: node.inputs[0], at: 0 }];
    if (node.name !== 'max' && node.name !== 'min') return [];
    const [operand, limit] = node.inputs;
    const bound = plan.nodes[limit];
    return bound.kind === 'constant' ? [{ operand, at: bound.value }] : [];
  });
}
