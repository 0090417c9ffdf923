import type { Plan } from '@sluice/core';
import type { Problem } from './problem.js';
import { referenceOf } from './reference.js';

/** Far more than a device's rounding errors in a pre-activation, far less than the pre-activation itself. */
const NEAR = 1e-5;

/**
 * Whether any value of the forward pass lies close to where the derivative of a `max`, `min` or `abs` jumps, or to where a
 * comparison has another result.
 *
 * Values exactly there do no harm: they come from exact zeros (a state that starts at 0, what `relu` cuts off), which a
 * device has as well.
 */
export function isNearKink(problem: Problem): boolean {
  const kinks = kinksOf(problem.plan);
  if (kinks.length === 0) return false;
  const isNear = (distance: number) => distance !== 0 && Math.abs(distance) < NEAR;
  return referenceOf(problem).steps.some(({ values }) =>
    kinks.some(([first, second]) =>
      values[first].some((value, i) => isNear(second === undefined ? value : value - values[second][i])),
    ),
  );
}

/** The operations that jump where their operands are equal, or a single one is 0. */
const JUMPS: readonly string[] = ['max', 'min', 'abs', 'greater', 'greaterEqual'];

/** The operands of every operation of the forward pass that jumps. */
function kinksOf({ nodes, newStates, output }: Plan): (readonly number[])[] {
  const forwardNodes = Math.max(...newStates, output) + 1;
  return nodes.slice(0, forwardNodes).flatMap((node) => {
    return node.kind === 'operation' && JUMPS.includes(node.name) ? [node.inputs] : [];
  });
}
