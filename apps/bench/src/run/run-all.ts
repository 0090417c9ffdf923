import type { BackendName } from '../backends.js';
import { measureCeiling } from '../ceilings/ceilings.js';
import { type Competitor, contenders } from '../contenders/catalogue.js';
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

export interface RunEvents {
  /** A series begins: its place, from 0. */
  readonly onSeries: (index: number, series: Series) => void;
  readonly onReports: (reports: readonly TaskReport[], series: Series) => void;
  readonly onCeiling?: (ceiling: CeilingReport) => void;
}

/** Measures a whole plan, or what can be measured until the signal comes. */
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
    options.onStage?.(`the ceiling of ${backend}`, 0);
    const ceiling = await measureCeiling(backend, options);
    if (!options.signal?.aborted) options.onCeiling?.(ceiling);
  }
}

/** Assumptions before the run: seconds for a ceiling and for setting up a contender, and the speed in GFLOP/s. */
const CEILING_SECONDS = 1.5;
const SET_UP_SECONDS = 1;
const SPEED = 8;

/** The finished share of a run and the time that is left. */
export class TimeLeft {
  private readonly parts: number[];
  private readonly total: number;
  private current = 0;
  private done = 0;

  /**
   * The parts of a run are its series and then its ceilings.
   *
   * @param pace of this machine: the seconds of an earlier run, divided by the expected ones.
   */
  constructor({ ceilingsOf, allSeries, competitors }: RunPlan, pace = 1) {
    const expected = [
      ...allSeries.map((series) => expectedSeconds(series, competitors)),
      ...ceilingsOf.map(() => CEILING_SECONDS),
    ];
    this.parts = expected.map((seconds) => pace * seconds);
    this.total = this.parts.reduce((sum, seconds) => sum + seconds, 0);
  }

  /** Sets the current part and its finished share, from 0 to 1. */
  reached(part: number, done: number): void {
    this.current = part;
    this.done = done;
  }

  /** From 0 to 1. */
  get share(): number {
    if (this.total === 0) return 0;
    const before = this.parts.slice(0, this.current).reduce((sum, seconds) => sum + seconds, 0);
    return Math.min(1, (before + this.done * (this.parts[this.current] ?? 0)) / this.total);
  }

  /** A mean of the expected time and of the time so far, with more weight on the latter as the run goes on. */
  secondsLeft(secondsSoFar: number): number {
    const rest = 1 - this.share;
    return rest * (secondsSoFar + rest * this.total);
  }
}

function expectedSeconds(series: Series, competitors: readonly Competitor[]): number {
  let seconds = 0;
  for (const task of tasksOf(series)) {
    for (const { contender, backend } of competitors) {
      const ability = contenders[contender].ability(task, backend);
      if ('refusal' in ability) continue;
      seconds += SET_UP_SECONDS + roundsSeconds(flopsOf(task, ability.form) / SPEED / 1e9);
    }
  }
  return seconds;
}

/** Seconds in words, no more exact than they are known. */
export function aboutSeconds(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  return `about ${Math.round(seconds / 60)} min`;
}
