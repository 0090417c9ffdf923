import { isMeasured, isWrong, type Measured, type TaskReport } from '../results.js';
import type { Shape } from '../workloads/workload.js';

/** What a shape can be varied in: the name and its place. */
export const DIMENSIONS = { batch: 0, timesteps: 1, units: 3 } as const;
export type Dimension = keyof typeof DIMENSIONS;

/** A shape with one dimension at several sizes around its own, the smallest first. */
export function variedShapes(shape: Shape, dimension: Dimension): Shape[] {
  const place = DIMENSIONS[dimension];
  const size = shape[place];
  const factors = size >= 16 ? [0.25, 0.5, 1, 2] : [1, 4, 16, 64];
  return factors.map((factor) => {
    const varied = [...shape] as [number, number, number, number];
    varied[place] = Math.round(size * factor);
    return varied;
  });
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

/** A curve needs so many points. */
const LEAST_POINTS = 3;

/** Every set of right results that shows how time grows with one dimension. */
export function scalingsIn(reports: readonly TaskReport[]): Scaling[] {
  const results = reports
    .flatMap((report) => report.results.filter(isMeasured))
    .filter((one) => !isWrong(one));
  return (Object.keys(DIMENSIONS) as Dimension[]).flatMap((dimension) => {
    const groups = new Map<string, Measured[]>();
    for (const result of results) {
      const common = commonOf(result.shape, dimension);
      const key = [result.workload, result.cell, common].join('|');
      groups.set(key, [...(groups.get(key) ?? []), result]);
    }
    return [...groups.values()]
      .filter((group) => new Set(group.map(({ shape }) => shape[DIMENSIONS[dimension]])).size >= LEAST_POINTS)
      .map((group): Scaling => {
        const [{ workload, cell, shape }] = group;
        return { workload, cell, dimension, common: commonOf(shape, dimension), results: group };
      });
  });
}

const NAMES = ['batch', 'timesteps', 'input', 'units'];

const commonOf = (shape: Shape, dimension: Dimension) =>
  NAMES.flatMap((name, i) => (i === DIMENSIONS[dimension] ? [] : [`${name} ${shape[i]}`])).join(', ');
