import { isMeasured, isWrong, type Measured, type Result, type TaskReport } from '../results.js';
import { titleOf } from '../workloads/workload.js';
import { alignedColumns, underTitle } from './columns.js';
import { errorText, fastest, rankedOf, speedOf, threeDigits, timeIn, type Unit, unitOf } from './numbers.js';

const headings = ({ name }: Unit) => [
  'contender',
  'backend',
  `median ${name}`,
  `min ${name}`,
  'runs',
  '÷ fastest',
  '÷ sluice',
  'max error',
  'kernels',
];
/** The columns with words; the others are numbers and stand to the right. */
const WORDS = 2;

/**
 * A task's results as a table, with what must be known about them below. `÷ fastest` is the median divided by that of
 * the fastest, `÷ sluice` divided by Sluice's on the same backend, or its fastest where it does not run on that one.
 * A wrong result is marked and takes no part in either.
 */
export function taskTable({ task, results, notes, covers }: TaskReport): string {
  const measured = results.filter(isMeasured);
  const ranked = rankedOf(results);
  const unit = unitOf(measured);
  const rows = measured.map((result) => row(result, ranked, unit));
  return underTitle(titleOf(task), [
    ...(rows.length > 0 ? alignedColumns(WORDS, headings(unit), rows) : []),
    ...results.flatMap((result) => (isMeasured(result) ? [] : [skippedLine(result)])),
    ...(task.workload === 'step' ? ranked.map(speedLine) : []),
    ...(covers && rows.length > 0 ? [`max error over ${covers}`] : []),
    ...notes,
  ]);
}

function row(result: Measured, ranked: readonly Measured[], unit: Unit): string[] {
  const { contender, backend, medianMs, minMs, runs, maxError, kernels } = result;
  const ratio = (to: number) =>
    ranked.includes(result) && Number.isFinite(to) ? (medianMs / to).toFixed(2) : '–';
  const error = errorText(maxError);
  return [
    contender,
    backend,
    timeIn(unit, medianMs),
    timeIn(unit, minMs),
    String(runs),
    ratio(fastest(ranked)),
    ratio(sluiceFor(result, ranked)),
    isWrong(result) ? `WRONG ${error}` : error,
    String(kernels),
  ];
}

/** Sluice's median on the result's backend; its fastest where it has none there; Infinity where it has none. */
function sluiceFor({ backend }: Measured, ranked: readonly Measured[]): number {
  const sluice = ranked.filter(({ contender }) => contender === 'sluice');
  const same = sluice.filter((result) => result.backend === backend);
  return fastest(same.length > 0 ? same : sluice);
}

function skippedLine({ contender, backend, skipped }: Exclude<Result, Measured>): string {
  return `${contender} on ${backend} skipped: ${skipped}`;
}

/** A step is little more than its matrix–vector products, so their speed says how near it is to what a machine can do. */
function speedLine(result: Measured): string {
  const { contender, backend, flops } = result;
  const speed = threeDigits(speedOf(result));
  return `${contender} on ${backend}: ${flops.toLocaleString('en')} flops of products at ${speed} GFLOP/s`;
}
