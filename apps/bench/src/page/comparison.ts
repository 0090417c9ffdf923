import { isMeasured, isWrong, type Measured } from '../results.js';
import type { Run } from '../results-file.js';

/** The same entry in two runs. */
export interface Pair {
  readonly first: Measured;
  readonly second: Measured;
  /** The second median divided by the first. */
  readonly ratio: number;
}

/** What two runs have both measured, in the order of the first. Wrong results are left out. */
export function pairsOf(first: Run, second: Run): Pair[] {
  const known = new Map(rightOf(second).map((result) => [keyOf(result), result]));
  return rightOf(first).flatMap((result): Pair[] => {
    const match = known.get(keyOf(result));
    return match ? [{ first: result, second: match, ratio: match.medianMs / result.medianMs }] : [];
  });
}

const rightOf = ({ reports }: Run): Measured[] =>
  reports.flatMap(({ results }) => results.filter(isMeasured).filter((result) => !isWrong(result)));

const keyOf = ({ workload, shape, cell, contender, backend }: Measured) =>
  [workload, ...shape, cell, contender, backend].join();
