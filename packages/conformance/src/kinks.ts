import type { Plan } from '@sluice/core';
import type { Problem } from './problem.js';
import { referenceOf } from './reference.js';

/** Far more than a device's rounding errors in a pre-activation, far less than the pre-activation itself. */
const NEAR = 1e-5;

/**
 * Whether any value of the forward pass lies close to where the derivative of a `max`, `min` or `abs` jumps.
 *
 * Values exactly there do no harm: they come from exact zeros (a state that starts at 0, what `relu` cuts off), which a
 * device has as well.
 */
export function isNearKink(problem: Problem): boolean {
  const kinks = kinksOf(problem.plan);
  if (kinks.length === 0) return false;
  return referenceOf(problem).steps.some(({ values }) =>
    kinks.some(({ operand, at }) =>
      values[operand].some((value) => value !== at && Math.abs(value - at) < NEAR),
    ),
  );
}

/** Every operand of the forward pass whose derivative jumps, and where. */
function kinksOf({ nodes, newStates, output }: Plan): { operand: number; at: number }[] {
  const forwardNodes = Math.max(...newStates, output) + 1;
  return nodes.slice(0, forwardNodes).flatMap((node) => {
    if (node.kind !== 'operation') return [];
    if (node.name === 'abs') return [{ operand: node.inputs[0], at: 0 }];
    if (node.name !== 'max' && node.name !== 'min') return [];
    const [operand, limit] = node.inputs;
    const bound = nodes[limit];
    return bound.kind === 'constant' ? [{ operand, at: bound.value }] : [];
  });
}
