import { flatGroup } from 'd3-array';
import type { Run } from '../report/results-file.js';
import { type Measured, rankedOf, type TaskReport } from '../run/results.js';
import type { Shape } from '../workloads/workload.js';

/** The same task of the same competitor in two runs. */
export interface Pair {
  readonly first: Measured;
  readonly second: Measured;
  /** The second median divided by the first. */
  readonly ratio: number;
}

/** The results that two runs have in common, in the order of the first. Wrong results are left out. */
export function pairsOf(first: Run, second: Run): Pair[] {
  const keyOf = ({ workload, shape, cell, contender, backend }: Measured) =>
    [workload, ...shape, cell, contender, backend].join();
  const ranked = ({ reports }: Run) => reports.flatMap(({ results }) => rankedOf(results));
  const known = new Map(ranked(second).map((result) => [keyOf(result), result]));
  return ranked(first).flatMap((result): Pair[] => {
    const match = known.get(keyOf(result));
    return match ? [{ first: result, second: match, ratio: match.medianMs / result.medianMs }] : [];
  });
}

/** The dimensions of a shape that can be varied, with their places. */
export const DIMENSIONS = { batch: 0, timesteps: 1, units: 3 } as const;
export type Dimension = keyof typeof DIMENSIONS;

/** A shape with one dimension at several sizes around its own, the smallest first. */
export function variedShapes(shape: Shape, dimension: Dimension): Shape[] {
  const place = DIMENSIONS[dimension];
  const size = shape[place];
  const factors = size >= 16 ? [0.25, 0.5, 1, 2] : [1, 4, 16, 64];
  return factors.map((factor) => shape.with(place, Math.round(size * factor)) as unknown as Shape);
}

/** Results that differ in one dimension alone. */
export interface Scaling {
  readonly workload: string;
  readonly cell: string;
  readonly dimension: Dimension;
  /** The sizes that all have in common, in words. */
  readonly common: string;
  readonly results: readonly Measured[];
}

/** A curve has at least this many points. */
const LEAST_POINTS = 3;

/** Every set of right results that shows how time grows with one dimension. */
export function scalingsIn(reports: readonly TaskReport[]): Scaling[] {
  const results = reports.flatMap((report) => rankedOf(report.results));
  return (Object.keys(DIMENSIONS) as Dimension[]).flatMap((dimension) => {
    const varied = DIMENSIONS[dimension];
    const commonOf = ({ shape }: Measured) =>
      ['batch', 'timesteps', 'input', 'units']
        .map((name, i) => `${name} ${shape[i]}`)
        .filter((_, i) => i !== varied)
        .join(', ');
    const groups = flatGroup(
      results,
      ({ workload }) => workload,
      ({ cell }) => cell,
      commonOf,
    );
    return groups
      .filter(([, , , own]) => new Set(own.map(({ shape }) => shape[varied])).size >= LEAST_POINTS)
      .map(([workload, cell, common, own]) => ({ workload, cell, dimension, common, results: own }));
  });
}
