import type { Case } from './cases.js';
import { commonVariants, type Variant, variants } from './cells/index.js';
import { dearShapes, largeShapes, type Shape } from './shapes.js';

/** `full` is every case; `quick` has the shapes that take most of the time on a few cells each, in rotation. */
export type Tier = 'quick' | 'full';

/** The cells of the suites that test every cell: `all`, or every other one. A backend with two devices can test half on each. */
export type CellShare = 'all' | 'first half' | 'second half';

/** The tests that a backend runs. */
export interface Selection {
  readonly tier: Tier;
  readonly cells: CellShare;
}

/**
 * Selects the variants of a share. The order of the halves changes after every eight variants, so that each half meets every
 * one of the eight shapes that rotate in the quick tier.
 */
export function selectVariants(all: readonly Variant[], share: CellShare): readonly Variant[] {
  if (share === 'all') return all;
  const parity = share === 'first half' ? 0 : 1;
  return all.filter((_, i) => (i + Math.floor(i / dearShapes.length)) % 2 === parity);
}

/** @throws RangeError when it is no share of the cells */
export function checkCellShare(cells: unknown): void {
  if (cells === 'all' || cells === 'first half' || cells === 'second half') return;
  throw new RangeError(
    `testBackend: cells is ${JSON.stringify(cells)}; expected 'all', 'first half' or 'second half'.`,
  );
}

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
