import type { CeilingReport } from '../ceilings/ceilings.js';
import { competitorsOf } from '../contenders/catalogue.js';
import { type Machine, whyNot } from '../machine.js';
import type { TaskReport } from '../results.js';
import { type Run, savedReports } from '../results-file.js';
import { type RunPlan, runAll } from '../run-all.js';
import { titleOf } from '../workloads/workload.js';
import type { Progress } from './app.js';
import { seldom } from './seldom.js';
import { type Settings, seriesFor } from './settings.js';
import { TimeLeft } from './time-left.js';
import { startWebLane } from './web-lane.js';

/** Seconds that setting up or a call may take before a library is stopped. */
const LIMIT_SECONDS = 30;

/** Progress is told no more often than this. */
const PROGRESS_MS = 200;

/** What the settings come to on this machine. */
export function planOf(settings: Settings, machine: Machine): RunPlan {
  const backends = settings.backends.filter((backend) => !whyNot(backend, machine));
  return {
    ceilingsOf: backends,
    allSeries: seriesFor(settings),
    competitors: competitorsOf(settings.contenders, backends),
  };
}

export interface MeasuringEvents {
  /** See `RunOptions`. */
  readonly timeScale?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Told all that is known whenever there is more; what comes in the middle of a series may still change. */
  readonly onRun: (run: Run) => void;
  /** Told in words when a part is finished. */
  readonly onNews: (news: string) => void;
}

/** Measures all that the settings ask for, each library in a worker of its own. */
export async function measure(settings: Settings, machine: Machine, events: MeasuringEvents): Promise<void> {
  const plan = planOf(settings, machine);
  const date = new Date().toISOString();
  const left = new TimeLeft(plan);
  const started = performance.now();
  const ceilings: CeilingReport[] = [];
  const reports: TaskReport[] = [];
  let part = 0;
  const tell = (current: readonly TaskReport[] = []) =>
    events.onRun({ date, machine, ceilings: [...ceilings], reports: [...reports, ...savedReports(current)] });
  // Seldom, so that the page's own work stays out of the way.
  const progress = seldom(PROGRESS_MS, events.onProgress);
  const onStage = (stage: string, done: number) => {
    left.reached(part, done);
    const secondsLeft = left.secondsLeft((performance.now() - started) / 1000);
    progress.tell({ stage, share: left.share, secondsLeft });
  };
  try {
    await runAll(plan, {
      startLane: startWebLane,
      limitSeconds: LIMIT_SECONDS,
      timeScale: events.timeScale,
      signal: events.signal,
      onSeries: (index) => {
        part = index;
      },
      onStage,
      onRound: tell,
      onReports: (found, series) => {
        reports.push(...savedReports(found));
        part += 1;
        events.onNews(`${titleOf(series)} is measured`);
        tell();
      },
      onCeiling: (ceiling) => {
        ceilings.push(ceiling);
        part += 1;
        tell();
      },
    });
  } finally {
    progress.stop();
  }
}
