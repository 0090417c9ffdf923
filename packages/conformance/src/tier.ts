import type { Case } from './cases.js';
import { commonVariants, randomVariants, type Variant, variants } from './cells/index.js';
import { largeShapes, type Shape, shapes, smallShapes } from './shapes.js';

/** `full` is every case; `quick` has every cell and every shape, but each cell with a few of the shapes, in rotation. */
export type Tier = 'quick' | 'full';

/** The cells of the suites that test every cell: `all`, or every second one. A backend with two devices can test half on each. */
export type CellShare = 'all' | 'first half' | 'second half';

/** The tests that a backend runs. */
export interface Selection {
  readonly tier: Tier;
  readonly cells: CellShare;
}

/**
 * Selects the variants of a share: all, or every second one. In the quick tier each half has every shape.
 */
export function selectVariants(all: readonly Variant[], share: CellShare): readonly Variant[] {
  if (share === 'all') return all;
  const parity = share === 'first half' ? 0 : 1;
  return all.filter((_, i) => i % 2 === parity);
}

/** @throws RangeError for any other value */
export function checkCellShare(cells: unknown): void {
  if (cells === 'all' || cells === 'first half' || cells === 'second half') return;
  throw new RangeError(
    `testBackend: cells is ${JSON.stringify(cells)}; expected 'all', 'first half' or 'second half'.`,
  );
}

/** @throws RangeError for any other value */
export function checkTier(tier: unknown): void {
  if (tier === 'quick' || tier === 'full') return;
  throw new RangeError(`testBackend: tier is ${JSON.stringify(tier)}; expected 'quick' or 'full'.`);
}

/** In `quick` each cell has every sixth shape, and each shape every sixth cell. */
const QUICK_PERIOD = 6;

/**
 * After this many cells the rotation skips one. Otherwise it would have the same period as other choices of the cases, and a
 * shape would miss some of them.
 */
const SKEW = 7;

/** The shapes that rotate over cells in `quick`. It has all cases of the other shapes. */
const rotations: readonly {
  readonly shapes: readonly Shape[];
  readonly cells: readonly Variant[];
  readonly period: number;
}[] = [
  { shapes, cells: variants, period: QUICK_PERIOD },
  { shapes: largeShapes, cells: commonVariants, period: largeShapes.length },
  { shapes: smallShapes, cells: randomVariants, period: smallShapes.length },
];

/**
 * Whether a tier has a case. The rotation follows from the places of cells and shapes in their lists, so it is the same in
 * every run.
 */
export function isInTier({ variant, shape }: Case, tier: Tier): boolean {
  const rotation = rotations.find(({ shapes, cells }) => shapes.includes(shape) && cells.includes(variant));
  if (tier === 'full' || rotation === undefined) return true;
  const { shapes: rotated, cells, period } = rotation;
  const place = cells.indexOf(variant);
  return (place + Math.floor(place / SKEW) - rotated.indexOf(shape)) % period === 0;
}
