import { sum } from 'd3-array';
import type { BackendName } from '../backends.js';
import { measureCeiling } from '../ceilings/ceilings.js';
import { type Competitor, contenders } from '../contenders/catalogue.js';
import { type Run, savedReports } from '../report/results-file.js';
import { flopsOf } from '../workloads/flops.js';
import { type Series, tasksOf } from '../workloads/workload.js';
import { roundsSeconds } from './alternate.js';
import type { CeilingReport, TaskReport } from './results.js';
import { type RunOptions, runSeries } from './run-series.js';

/** The parts of a run. */
export interface RunPlan {
  readonly allSeries: readonly Series[];
  readonly competitors: readonly Competitor[];
  /** The backends whose ceilings are measured at the end. */
  readonly ceilingsOf: readonly BackendName[];
}

/** The progress of a run. */
export interface Progress {
  /** The next step, in a few words. */
  readonly stage: string;
  /** The finished share, from 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number;
}

export interface RunEvents {
  /** See `timeLeft`. */
  readonly pace?: number;
  /** A series begins: its place, from 0. */
  readonly onSeries?: (index: number, series: Series) => void;
  readonly onReports?: (reports: readonly TaskReport[], series: Series) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Called with all results so far; those of an unfinished series may still change. */
  readonly onResults?: (results: Results) => void;
}

type Results = Pick<Run, 'ceilings' | 'reports'>;

/** Measures a whole plan, or what can be measured until the signal comes. */
export async function runAll(plan: RunPlan, options: RunOptions & RunEvents): Promise<Results> {
  const { signal, onResults } = options;
  const ceilings: CeilingReport[] = [];
  const reports: TaskReport[] = [];
  const left = timeLeft(plan, options.pace);
  const started = performance.now();
  const report = (current: readonly TaskReport[] = []) =>
    onResults?.({ ceilings: [...ceilings], reports: [...reports, ...savedReports(current)] });
  const eventsOf = (part: number) => ({
    onStage(stage: string, done: number) {
      options.onProgress?.({ stage, ...left(part, done, (performance.now() - started) / 1000) });
    },
    onRound: report,
  });
  for (const [index, series] of plan.allSeries.entries()) {
    if (signal?.aborted) break;
    options.onSeries?.(index, series);
    const found = await runSeries(series, plan.competitors, { ...options, ...eventsOf(index) });
    reports.push(...savedReports(found));
    options.onReports?.(found, series);
    report();
  }
  for (const [index, backend] of plan.ceilingsOf.entries()) {
    if (signal?.aborted) break;
    eventsOf(plan.allSeries.length + index).onStage(`the ceiling of ${backend}`, 0);
    const ceiling = await measureCeiling(backend, options);
    if (!signal?.aborted) ceilings.push(ceiling);
    report();
  }
  return { ceilings, reports };
}

/** Assumptions before the run: seconds for a ceiling and for setting up a contender, and the speed in GFLOP/s. */
const CEILING_SECONDS = 1.5;
const SET_UP_SECONDS = 1;
const SPEED = 8;

/**
 * The finished share of a run, from 0 to 1, and the time that is left: a mean of the expected time and of the time so far, with
 * more weight on the latter as the run goes on. The parts of a run are its series and then its ceilings.
 *
 * @param pace of this machine: the seconds of an earlier run, divided by the expected ones.
 */
export function timeLeft({ ceilingsOf, allSeries, competitors }: RunPlan, pace = 1) {
  const series = allSeries.map((one) => pace * expectedSeconds(one, competitors));
  const parts = [...series, ...ceilingsOf.map(() => pace * CEILING_SECONDS)];
  const total = sum(parts);
  /** In this part, of which a share is finished, and after these seconds. */
  return (part: number, done: number, secondsSoFar: number) => {
    const finished = sum(parts.slice(0, part)) + done * (parts[part] ?? 0);
    const share = total === 0 ? 0 : Math.min(1, finished / total);
    return { share, secondsLeft: (1 - share) * (secondsSoFar + (1 - share) * total) };
  };
}

const expectedSeconds = (series: Series, competitors: readonly Competitor[]): number =>
  sum(tasksOf(series), (task) =>
    sum(competitors, ({ contender, backend }) => {
      const ability = contenders[contender].ability(task, backend);
      if ('refusal' in ability) return 0;
      return SET_UP_SECONDS + roundsSeconds(flopsOf(task, ability.form) / SPEED / 1e9);
    }),
  );

/** Seconds in words, no more exact than they are known. */
export function aboutSeconds(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  return `about ${Math.round(seconds / 60)} min`;
}
