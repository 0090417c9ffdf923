import type { Case } from './cases.js';
import { commonVariants, type Variant, variants } from './cells/index.js';
import { dearShapes, largeShapes, type Shape } from './shapes.js';

/** `full` is every case; `quick` has the shapes that take most of the time on a few cells each, in rotation. */
export type Tier = 'quick' | 'full';

/** @throws RangeError when it is no tier */
export function checkTier(tier: unknown): void {
  if (tier === 'quick' || tier === 'full') return;
  throw new RangeError(`testBackend: tier is ${JSON.stringify(tier)}; expected 'quick' or 'full'.`);
}

/** Shapes that are left out in `quick` but for a share of the cells that have them. */
const rotations: readonly (readonly [shapes: readonly Shape[], variants: readonly Variant[]])[] = [
  [dearShapes, variants],
  [largeShapes, commonVariants],
];

/**
 * Whether a tier has a case. Which cells have which of the dear shapes follows from their places in the lists, so it is
 * the same every time: the first shape goes to the first cell, the second to the second, and so on, from the start again
 * where a list ends.
 */
export function isInTier({ variant, shape }: Case, tier: Tier): boolean {
  const rotation = rotations.find(([shapes]) => shapes.includes(shape));
  if (tier === 'full' || rotation === undefined) return true;
  const [shapes, cells] = rotation;
  return (cells.indexOf(variant) - shapes.indexOf(shape)) % shapes.length === 0;
}
