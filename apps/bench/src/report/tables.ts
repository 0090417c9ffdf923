import { isTied, noiseWarning } from '../run/noise.js';
import {
  fastest,
  isMeasured,
  isWrong,
  KERNEL_GROUPS,
  type Measured,
  type Profile,
  rankedOf,
  speedOf,
  type TaskReport,
} from '../run/results.js';
import { ratioOverRounds } from '../run/statistics.js';
import { type Series, titleOf } from '../workloads/workload.js';
import { errorText, threeDigits, timeIn, type Unit, unitOf } from './numbers.js';

/** All tables of a series: results and profiles of each cell, then the cells compared, with empty lines between. */
export function seriesTables(series: Series, reports: readonly TaskReport[]): string {
  const tables = reports
    .filter(({ results }) => results.length > 0)
    .flatMap((report) => [
      taskTable(report),
      ...report.results
        .filter(isMeasured)
        .flatMap((result) => (result.profile ? [kernelTable(result, result.profile)] : [])),
    ]);
  return [...tables, ...cellRatioTables(series, reports)].map((table) => `${table}\n`).join('');
}

/**
 * A task's results as a table, with notes below. A wrong result is marked and not compared.
 *
 * `÷ fastest` is the median divided by the fastest one, marked with ≈ where the middle halves of both overlap. `÷ sluice` is
 * divided by Sluice's on the same backend, or by Sluice's fastest if it has none there.
 */
export function taskTable({ task, results, notes, covers }: TaskReport): string {
  const measured = results.filter(isMeasured);
  const ranked = rankedOf(results);
  const unit = unitOf(measured);
  const headings = [
    ...['contender', 'backend', `median ${unit.name}`, `min ${unit.name}`, 'runs'],
    ...['÷ fastest', '÷ sluice', 'max error', 'kernels'],
  ];
  const warning = noiseWarning(ranked, ({ contender, backend }) => `${contender} on ${backend}`);
  const rows = measured.map((result) => taskRow(result, ranked, unit));
  const skipped = results.flatMap((result) =>
    isMeasured(result) ? [] : [`${result.contender} on ${result.backend} skipped: ${result.skipped}`],
  );
  return underTitle(titleOf(task), [
    ...(rows.length > 0 ? alignedColumns(2, headings, rows) : []),
    ...(warning ? [warning] : []),
    ...skipped,
    ...(task.workload === 'step' ? ranked.map(speedLine) : []),
    ...(covers && rows.length > 0 ? [`max error over ${covers}`] : []),
    ...notes,
  ]);
}

function taskRow(result: Measured, ranked: readonly Measured[], unit: Unit): string[] {
  const { contender, backend, medianMs, minMs, runs, maxError, kernels } = result;
  const sluice = ranked.filter((one) => one.contender === 'sluice');
  const sameBackend = sluice.filter((one) => one.backend === backend);
  const ratio = (to: number) =>
    ranked.includes(result) && Number.isFinite(to) ? (medianMs / to).toFixed(2) : '–';
  const tie = isTied(result, ranked) ? '≈ ' : '';
  return [
    contender,
    backend,
    timeIn(unit, medianMs),
    timeIn(unit, minMs),
    String(runs),
    `${tie}${ratio(fastest(ranked))}`,
    ratio(fastest(sameBackend.length > 0 ? sameBackend : sluice)),
    `${isWrong(result) ? 'WRONG ' : ''}${errorText(maxError)}`,
    String(kernels),
  ];
}

/** The speed of the matrix–vector products, which are most of a step: how near it is to the machine's limit. */
function speedLine(result: Measured): string {
  const { contender, backend, flops } = result;
  const speed = threeDigits(speedOf(result));
  return `${contender} on ${backend}: ${flops.toLocaleString('en')} flops of products at ${speed} GFLOP/s`;
}

/**
 * The ratio of the times of each pair of cells, on each backend, for Sluice and its engine; no table for fewer than two
 * cells. Wrong results are left out.
 */
export function cellRatioTables(series: Series, reports: readonly TaskReport[]): string[] {
  const all = rankedOf(reports.flatMap((report) => report.results));
  return ['sluice', 'sluice-engine'].flatMap((contender) => {
    const results = all.filter((result) => result.contender === contender);
    const backends = [...new Set(results.map(({ backend }) => backend))];
    const cells = series.cells.filter((cell) => results.some((result) => result.cell === cell));
    const pairs = cells.flatMap((first, i) => cells.slice(i + 1).map((second) => [first, second] as const));
    if (pairs.length === 0) return [];
    const roundsOf = (cell: string, backend: string) =>
      results.find((result) => result.cell === cell && result.backend === backend)?.roundsMs;
    const ratio = (first?: readonly number[], second?: readonly number[]) =>
      first && second ? ratioOverRounds(first, second).toFixed(2) : '–';
    const rows = pairs.map(([first, second]) => [
      `${first} ÷ ${second}`,
      ...backends.map((backend) => ratio(roundsOf(first, backend), roundsOf(second, backend))),
    ]);
    const title = `${titleOf(series)}: ${contender}’s cells compared`;
    return [underTitle(title, alignedColumns(1, ['median over rounds', ...backends], rows))];
  });
}

/** The number and the whole time of some kernel calls in a batch. */
interface Cost {
  readonly calls: number;
  readonly ms: number;
}

/** Kernels with a smaller share of a batch are put together. */
const LEAST_SHARE = 0.001;

/** The time of a training batch: by kernel, by purpose, and against its arithmetic. */
export function kernelTable(result: Measured, profile: Profile): string {
  const { contender, backend, flops, medianMs } = result;
  const { batches, batchMs, optimizerMs, kernels } = profile;
  const figures = ({ calls, ms }: Cost) => [
    String(Math.round(calls)),
    threeDigits(ms),
    `${((100 * ms) / batchMs).toFixed(1)} %`,
  ];
  const shown = kernels.filter(({ ms }) => ms / batchMs >= LEAST_SHARE);
  const others = kernels.slice(shown.length);
  // The optimizer's time is all of its work; the times of the other groups are those of their kernels.
  const groups = KERNEL_GROUPS.map((name) => {
    const { calls, ms } = sumOf(kernels.filter(({ group }) => group === name));
    return { name, calls, ms: name === 'optimizer' ? optimizerMs : ms };
  });
  const outside = { name: 'outside of kernels', calls: 0, ms: batchMs - sumOf(groups).ms };
  const whole = { name: 'the whole batch', calls: sumOf(kernels).calls, ms: batchMs };
  return underTitle(`${titleOf(result)}: where a batch of ${contender} on ${backend} goes`, [
    ...alignedColumns(
      2,
      ['kernel', 'for', 'calls', 'ms', 'share'],
      [
        ...shown.map((cost) => [cost.kernel, cost.group, ...figures(cost)]),
        ...(others.length > 0 ? [[`${others.length} others`, '', ...figures(sumOf(others))]] : []),
      ],
    ),
    '',
    ...alignedColumns(
      1,
      ['for', 'calls', 'ms', 'share'],
      [...groups, outside, whole].map((cost) => [cost.name, ...figures(cost)]),
    ),
    `means of ${batches} batches with a timer around every kernel, apart from the measured ones`,
    `${flops.toLocaleString('en')} flops of products, at ${threeDigits(speedOf(result))} GFLOP/s in the measured median of ${threeDigits(medianMs)} ms`,
  ]);
}

const sumOf = (costs: readonly Cost[]): Cost => ({
  calls: costs.reduce((sum, { calls }) => sum + calls, 0),
  ms: costs.reduce((sum, { ms }) => sum + ms, 0),
});

/** The lines of a table. The first `words` columns are words, on the left; the others are numbers, on the right. */
function alignedColumns(
  words: number,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i].length)),
  );
  return [headings, ...rows].map((cells) =>
    cells.map((cell, i) => (i < words ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}

/** A title and indented lines, each ended. */
const underTitle = (title: string, lines: readonly string[]): string =>
  [title, ...lines.map((line) => `  ${line}`.trimEnd())].join('\n').concat('\n');
