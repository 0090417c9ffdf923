import { sum, transpose } from 'd3-array';
import { isTied, noiseWarning } from '../run/noise.js';
import {
  type Entry,
  fastest,
  isMeasured,
  isWrong,
  KERNEL_GROUPS,
  type KernelTime,
  type Measured,
  type Profile,
  rankedOf,
  speedOf,
  type TaskReport,
} from '../run/results.js';
import { ratioOverRounds } from '../run/statistics.js';
import { type Series, titleOf } from '../workloads/workload.js';
import { type Column, errorText, threeDigits, timeIn, unitOf } from './numbers.js';

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
  const sluice = ranked.filter(({ contender }) => contender === 'sluice');
  const unit = unitOf(measured);
  const ratio = (result: Measured, to: readonly Measured[]) =>
    ranked.includes(result) && to.length > 0 ? (result.medianMs / fastest(to)).toFixed(2) : '–';
  const ratioToSluice = (result: Measured) => {
    const same = sluice.filter(({ backend }) => backend === result.backend);
    return ratio(result, same.length > 0 ? same : sluice);
  };
  const columns: Column<Measured>[] = [
    ['contender', ({ contender }) => contender],
    ['backend', ({ backend }) => backend],
    [`median ${unit.name}`, ({ medianMs }) => timeIn(unit, medianMs)],
    [`min ${unit.name}`, ({ minMs }) => timeIn(unit, minMs)],
    ['runs', ({ runs }) => String(runs)],
    ['÷ fastest', (result) => `${isTied(result, ranked) ? '≈ ' : ''}${ratio(result, ranked)}`],
    ['÷ sluice', ratioToSluice],
    ['max error', (result) => `${isWrong(result) ? 'WRONG ' : ''}${errorText(result.maxError)}`],
    ['kernels', ({ kernels }) => String(kernels)],
  ];
  const skipped = results.flatMap((result) =>
    isMeasured(result) ? [] : [`${nameOf(result)} skipped: ${result.skipped}`],
  );
  return underTitle(titleOf(task), [
    ...(measured.length > 0 ? alignedColumns(2, columns, measured) : []),
    noiseWarning(ranked, nameOf),
    ...skipped,
    ...(task.workload === 'step' ? ranked.map(speedLine) : []),
    covers && measured.length > 0 ? `max error over ${covers}` : undefined,
    ...notes,
  ]);
}

const nameOf = ({ contender, backend }: Entry): string => `${contender} on ${backend}`;

/** The speed of the matrix–vector products, which are most of a step: how near it is to the machine's limit. */
const speedLine = (result: Measured): string =>
  `${nameOf(result)}: ${result.flops.toLocaleString('en')} flops of products at ${threeDigits(speedOf(result))} GFLOP/s`;

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
      results.find((result) => result.cell === cell && result.backend === backend)?.roundsMs ?? [];
    const ratioOn =
      (backend: string) =>
      ([first, second]: readonly [string, string]) => {
        const ratio = ratioOverRounds(roundsOf(first, backend), roundsOf(second, backend));
        return Number.isNaN(ratio) ? '–' : ratio.toFixed(2);
      };
    const columns: Column<readonly [string, string]>[] = [
      ['median over rounds', ([first, second]) => `${first} ÷ ${second}`],
      ...backends.map((backend) => [backend, ratioOn(backend)] as const),
    ];
    const title = `${titleOf(series)}: ${contender}’s cells compared`;
    return [underTitle(title, alignedColumns(1, columns, pairs))];
  });
}

/** Kernels with a smaller share of a batch are put together. */
const LEAST_SHARE = 0.001;

/** The calls of some kernels in a batch. */
type Cost = Omit<KernelTime, 'group'> & { readonly group: string };

/** The time of a training batch: by kernel, by purpose, and against its arithmetic. */
export function kernelTable(result: Measured, profile: Profile): string {
  const { flops, medianMs } = result;
  const { batches, batchMs, optimizerMs, kernels } = profile;
  const columns: Column<Cost>[] = [
    ['for', ({ group }) => group],
    ['calls', ({ calls }) => String(Math.round(calls))],
    ['ms', ({ ms }) => threeDigits(ms)],
    ['share', ({ ms }) => `${((100 * ms) / batchMs).toFixed(1)} %`],
  ];
  const costOf = (group: string, costs: readonly Cost[], ms = sum(costs, (cost) => cost.ms)): Cost => ({
    kernel: `${costs.length} others`,
    group,
    calls: sum(costs, ({ calls }) => calls),
    ms,
  });
  const shown = kernels.filter(({ ms }) => ms / batchMs >= LEAST_SHARE);
  const others = kernels.slice(shown.length);
  const small = others.length > 0 ? [costOf('', others)] : [];
  // The optimizer's time is all of its work; the times of the other groups are those of their kernels.
  const groups = KERNEL_GROUPS.map((name) => {
    const own = kernels.filter(({ group }) => group === name);
    return costOf(name, own, name === 'optimizer' ? optimizerMs : undefined);
  });
  const outside = costOf('outside of kernels', [], batchMs - sum(groups, ({ ms }) => ms));
  const whole = costOf('the whole batch', kernels, batchMs);
  return underTitle(`${titleOf(result)}: where a batch of ${nameOf(result)} goes`, [
    ...alignedColumns(2, [['kernel', ({ kernel }) => kernel], ...columns], [...shown, ...small]),
    '',
    ...alignedColumns(1, columns, [...groups, outside, whole]),
    `means of ${batches} batches with a timer around every kernel, apart from the measured ones`,
    `${flops.toLocaleString('en')} flops of products, at ${threeDigits(speedOf(result))} GFLOP/s in the measured median of ${threeDigits(medianMs)} ms`,
  ]);
}

/** The lines of a table. The first `words` columns are words, on the left; the others are numbers, on the right. */
function alignedColumns<Row>(words: number, columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const aligned = columns.map(([heading, cell], i) => {
    const texts = [heading, ...rows.map(cell)];
    const width = Math.max(...texts.map(({ length }) => length));
    return texts.map((text) => (i < words ? text.padEnd(width) : text.padStart(width)));
  });
  return transpose(aligned).map((cells) => cells.join('  '));
}

/** A title and indented lines, each ended. */
const underTitle = (title: string, lines: readonly (string | undefined)[]): string =>
  [title, ...lines.filter((line) => line !== undefined).map((line) => `  ${line}`.trimEnd())]
    .join('\n')
    .concat('\n');
