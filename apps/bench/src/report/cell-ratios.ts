import type { ContenderName } from '../contenders/catalogue.js';
import { isMeasured, isWrong, type Measured, type TaskReport } from '../results.js';
import { ratioOverRounds } from '../statistics.js';
import { type Series, titleOf } from '../workloads/workload.js';
import { alignedColumns, underTitle } from './columns.js';

/**
 * How many times as long Sluice, or its engine, takes for one cell as for another, on each backend; none with fewer than two cells
 * that were measured. A wrong result takes no part.
 */
export function cellRatioTables(series: Series, reports: readonly TaskReport[]): string[] {
  return (['sluice', 'sluice-engine'] as const).flatMap((contender) => tableOf(contender, series, reports));
}

function tableOf(contender: ContenderName, series: Series, reports: readonly TaskReport[]): string[] {
  const results = reports
    .flatMap((report) => report.results)
    .filter(isMeasured)
    .filter((result) => result.contender === contender && !isWrong(result));
  const backends = [...new Set(results.map(({ backend }) => backend))];
  const cells = series.cells.filter((cell) => results.some((result) => result.cell === cell));
  const pairs = cells.flatMap((first, i) => cells.slice(i + 1).map((second) => [first, second] as const));
  if (pairs.length === 0) return [];
  const found = (cell: string, backend: string): Measured | undefined =>
    results.find((result) => result.cell === cell && result.backend === backend);
  const rows = pairs.map(([first, second]) => [
    `${first} ÷ ${second}`,
    ...backends.map((backend) => ratio(found(first, backend), found(second, backend))),
  ]);
  return [
    underTitle(`${titleOf(series)}: ${contender}’s cells compared`, [
      ...alignedColumns(1, ['median over rounds', ...backends], rows),
    ]),
  ];
}

function ratio(first: Measured | undefined, second: Measured | undefined): string {
  return first && second ? ratioOverRounds(first.roundsMs, second.roundsMs).toFixed(2) : '–';
}
