import type { BackendName } from './backends.js';
import { type CeilingReport, measureCeiling } from './ceilings/ceilings.js';
import type { Competitor } from './contenders/catalogue.js';
import type { TaskReport } from './results.js';
import { type RunOptions, runSeries } from './run-series.js';
import type { Series } from './workloads/workload.js';

/** What a run is made of. */
export interface RunPlan {
  /** Of which the ceilings are measured, before everything else. */
  readonly ceilingsOf: readonly BackendName[];
  readonly allSeries: readonly Series[];
  readonly competitors: readonly Competitor[];
}

export interface RunEvents {
  readonly onCeiling?: (ceiling: CeilingReport) => void;
  /** A series begins: its place among all, from 0. */
  readonly onSeries: (index: number, series: Series) => void;
  readonly onReports: (reports: readonly TaskReport[], series: Series) => void;
}

/** Measures a whole plan. When the signal comes, what was measured by then has been told. */
export async function runAll(
  { ceilingsOf, allSeries, competitors }: RunPlan,
  options: RunOptions & RunEvents,
): Promise<void> {
  for (const backend of ceilingsOf) {
    if (options.signal?.aborted) return;
    options.onStage?.(`what ${backend} can reach`, 0);
    const ceiling = await measureCeiling(backend, options);
    if (!options.signal?.aborted) options.onCeiling?.(ceiling);
  }
  for (const [index, series] of allSeries.entries()) {
    if (options.signal?.aborted) return;
    options.onSeries(index, series);
    options.onReports(await runSeries(series, competitors, options), series);
  }
}
