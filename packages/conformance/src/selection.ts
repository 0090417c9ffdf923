import type { Case } from './cases.js';
import { commonVariants, randomVariants, slowVariants, type Variant, variants } from './cells/index.js';
import { largeShapes, type Shape, shapes } from './shapes.js';

/** `full` is every case; `quick` has every cell and every shape, but each cell with a few of the shapes, in rotation. */
export type Tier = 'quick' | 'full';

/**
 * The cells of the suites that test every cell: all, every second or every fourth one. A backend with two devices can test half
 * on each, and one on a slow device a quarter.
 */
export type CellShare =
  | 'all'
  | `${'first' | 'second'} half`
  | `${'first' | 'second' | 'third' | 'fourth'} quarter`;

/** Which cell a share begins with, and how many it goes on by. */
const SHARES: Readonly<Record<CellShare, Readonly<Record<'first' | 'every', number>>>> = {
  all: { first: 0, every: 1 },
  'first half': { first: 0, every: 2 },
  'second half': { first: 1, every: 2 },
  'first quarter': { first: 0, every: 4 },
  'second quarter': { first: 1, every: 4 },
  'third quarter': { first: 2, every: 4 },
  'fourth quarter': { first: 3, every: 4 },
};

/** `inference` is the forward pass; `training` is forward pass and gradient. */
export type Level = 'inference' | 'training';

/** The cases that a backend runs. */
export interface Selection {
  readonly tier: Tier;
  readonly cells: CellShare;
  readonly level: Level;
  /** How many of the cells with random equations; a share of the cells has as large a share of them. Default: the tier's. */
  readonly randomCells?: number | undefined;
}

/** The number of cells with random equations. */
export const ALL_RANDOM = randomVariants.length;
const RANDOM_CELLS: Readonly<Record<Tier, number>> = { full: ALL_RANDOM, quick: 100 };

/** The cells with random equations of a selection, evenly from all. */
export function selectRandom({
  tier,
  cells,
  randomCells = RANDOM_CELLS[tier],
}: Pick<Selection, 'tier' | 'cells' | 'randomCells'>): readonly Variant[] {
  const places = Array.from({ length: randomCells }, (_, i) => Math.floor((i * ALL_RANDOM) / randomCells));
  return selectVariants(
    places.map((place) => randomVariants[place]),
    cells,
  );
}

/** After this many cells a share skips one. Otherwise it would meet only some of the shapes, which rotate over the cells. */
const SKIP = 8;

/** Selects the variants of a share. In the quick tier each share has every shape. */
export function selectVariants(all: readonly Variant[], share: CellShare): readonly Variant[] {
  const { first, every } = SHARES[share];
  return all.filter((_, i) => (i + Math.floor(i / SKIP)) % every === first);
}

/** In the quick tier a suite of small cases has the common cells and a third of the others; the turns are the thirds. */
export type Turn = 0 | 1 | 2;
const TURNS = 3;

/** Of the slow cells, only every fourth has a turn. */
const SLOW_PERIOD = 4;

/**
 * The cells of a suite that runs a few small cases on each: all of the share, and in the quick tier the common cells and those
 * of the turn. Suites with the three turns have all cells together, but of the slow ones only some.
 */
export function cellsInTurn(
  { tier, cells }: Pick<Selection, 'tier' | 'cells'>,
  turn: Turn,
): readonly Variant[] {
  const selected = selectVariants(variants, cells);
  if (tier === 'full') return selected;
  // Neighbours have the same turn, so that each half of the cells has every turn.
  const isInTurn = (variant: Variant) =>
    Math.floor(variants.indexOf(variant) / 2) % TURNS === turn &&
    Math.max(0, slowVariants.indexOf(variant)) % SLOW_PERIOD === 0;
  return selected.filter((variant) => commonVariants.includes(variant) || isInTurn(variant));
}

const EXPECTED = {
  tier: ['quick', 'full'],
  cells: Object.keys(SHARES),
  level: ['inference', 'training'],
} as const;

/** @throws RangeError for a value that does not exist */
export function checkSelection(selection: Selection): void {
  for (const [name, values] of Object.entries(EXPECTED)) {
    const given = selection[name as keyof typeof EXPECTED];
    if ((values as readonly string[]).includes(given)) continue;
    const expected = `${values.slice(0, -1).map(quote).join(', ')} or ${quote(values[values.length - 1])}`;
    throw new RangeError(`testBackend: ${name} is ${JSON.stringify(given)}; expected ${expected}.`);
  }
  const { randomCells = 0 } = selection;
  if (Number.isInteger(randomCells) && randomCells >= 0 && randomCells <= ALL_RANDOM) return;
  throw new RangeError(
    `testBackend: randomCells is ${randomCells}; expected a whole number from 0 to ${ALL_RANDOM}.`,
  );
}

const quote = (name: string): string => `'${name}'`;

/** In `quick` each cell has every eighth shape, and each shape every eighth cell; a slow cell has one shape. */
const QUICK_PERIOD = 8;

/**
 * After this many cells the rotation skips one. Otherwise it would have the same period as other choices of the cases, and a
 * shape would miss some of them.
 */
const SKEW = 35;

/** The shapes that rotate over cells in `quick`. It has all cases of the other shapes. */
const rotations: readonly {
  readonly shapes: readonly Shape[];
  readonly cells: readonly Variant[];
  readonly period: number;
}[] = [
  { shapes, cells: slowVariants, period: shapes.length },
  { shapes, cells: variants.filter((variant) => !slowVariants.includes(variant)), period: QUICK_PERIOD },
  { shapes: largeShapes, cells: commonVariants, period: largeShapes.length },
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
