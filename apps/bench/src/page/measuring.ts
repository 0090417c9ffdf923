import { backendNamed } from '../backends.js';
import { competitorsOf } from '../contenders/catalogue.js';
import { type Run, savedReports } from '../report/results-file.js';
import type { CeilingReport, Machine, TaskReport } from '../run/results.js';
import { type RunPlan, runAll, TimeLeft } from '../run/run-all.js';
import { titleOf } from '../workloads/workload.js';
import { startWebWorker } from './browser-machine.js';
import { type Settings, seriesFor } from './settings.js';
import type { Progress } from './state.js';

/** Seconds that setting up or a call may take before a library is stopped. */
const LIMIT_SECONDS = 30;

/** The least time between two reports of progress, so that the page's own work does not disturb the measurement. */
const PROGRESS_MS = 200;

/** The plan of the settings on this machine. */
export function planOf(settings: Settings, machine: Machine): RunPlan {
  const backends = settings.backends.filter((backend) => !backendNamed(backend).missingOn(machine));
  return {
    ceilingsOf: backends,
    allSeries: seriesFor(settings),
    competitors: competitorsOf(settings.contenders, backends),
  };
}

export interface MeasuringEvents {
  /** See `RunOptions`. */
  readonly timeScale?: number;
  /** See `TimeLeft`. */
  readonly pace: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Called with all results so far; those of an unfinished series may still change. */
  readonly onRun: (run: Run) => void;
  /** Called with a sentence when a part is finished. */
  readonly onNews: (news: string) => void;
}

/** Measures the plan of the settings, each library in a worker of its own. */
export async function measure(settings: Settings, machine: Machine, events: MeasuringEvents): Promise<void> {
  const plan = planOf(settings, machine);
  const date = new Date().toISOString();
  const left = new TimeLeft(plan, events.pace);
  const started = performance.now();
  const ceilings: CeilingReport[] = [];
  const reports: TaskReport[] = [];
  let part = 0;
  const showRun = (current: readonly TaskReport[] = []) =>
    events.onRun({ date, machine, ceilings: [...ceilings], reports: [...reports, ...savedReports(current)] });
  const progress = throttle(PROGRESS_MS, events.onProgress);
  try {
    await runAll(plan, {
      startWorker: startWebWorker,
      limitSeconds: LIMIT_SECONDS,
      timeScale: events.timeScale,
      signal: events.signal,
      onSeries: (index) => {
        part = index;
      },
      onStage: (stage, done) => {
        left.reached(part, done);
        const secondsLeft = left.secondsLeft((performance.now() - started) / 1000);
        progress.call({ stage, share: left.share, secondsLeft });
      },
      onRound: showRun,
      onReports: (found, series) => {
        reports.push(...savedReports(found));
        part += 1;
        events.onNews(`${titleOf(series)} is measured`);
        showRun();
      },
      onCeiling: (ceiling) => {
        ceilings.push(ceiling);
        part += 1;
        showRun();
      },
    });
  } finally {
    progress.stop();
  }
}

/**
 * Limits the calls of a function to one in `milliseconds`: the first follows at once, a later one waits and then has the
 * newest value. `stop` cancels a waiting call.
 */
export function throttle<Value>(milliseconds: number, run: (value: Value) => void) {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest: Value;
  const call = (value: Value) => {
    newest = value;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        run(newest);
      },
      Math.max(0, last + milliseconds - performance.now()),
    );
  };
  return { call, stop: () => clearTimeout(timer) };
}
