import type { BackendName } from './backends.js';
import { type CeilingReport, measureCeiling } from './ceilings/ceilings.js';
import type { Competitor } from './contenders/catalogue.js';
import type { TaskReport } from './results.js';
import { type RunOptions, runSeries } from './run-series.js';
import type { Series } from './workloads/workload.js';

/** What a run is made of. */
export interface RunPlan {
  readonly allSeries: readonly Series[];
  readonly competitors: readonly Competitor[];
  /** Of which the ceilings are measured in the end. */
  readonly ceilingsOf: readonly BackendName[];
}

export interface RunEvents {
  /** A series begins: its place among all, from 0. */
  readonly onSeries: (index: number, series: Series) => void;
  readonly onReports: (reports: readonly TaskReport[], series: Series) => void;
  readonly onCeiling?: (ceiling: CeilingReport) => void;
}

/** Measures a whole plan. When the signal comes, what was measured by then has been told. */
export async function runAll(
  { allSeries, competitors, ceilingsOf }: RunPlan,
  options: RunOptions & RunEvents,
): Promise<void> {
  for (const [index, series] of allSeries.entries()) {
    if (options.signal?.aborted) return;
    options.onSeries(index, series);
    options.onReports(await runSeries(series, competitors, options), series);
  }
  for (const backend of ceilingsOf) {
    if (options.signal?.aborted) return;
    options.onStage?.(`what ${backend} can reach`, 0);
    const ceiling = await measureCeiling(backend, options);
    if (!options.signal?.aborted) options.onCeiling?.(ceiling);
  }
}
