import type { Competitor } from '../contenders/catalogue.js';
import { contenders } from '../contenders/catalogue.js';
import { roundsSeconds } from '../measure.js';
import type { RunPlan } from '../run-all.js';
import { flopsOf } from '../workloads/arithmetic.js';
import { type Series, tasksOf } from '../workloads/workload.js';

/** What is assumed before anything is known: seconds for a ceiling and for setting up, and GFLOP/s. */
const CEILING_SECONDS = 1.5;
const SET_UP_SECONDS = 1;
const SPEED = 8;

/** Says how much of a run is done and how long the rest will take. */
export class TimeLeft {
  private readonly parts: number[];
  private readonly total: number;
  private current = 0;
  private done = 0;

  /** The parts of a run are the series and then the ceilings, one each. */
  constructor({ ceilingsOf, allSeries, competitors }: RunPlan) {
    this.parts = [
      ...allSeries.map((series) => expectedSeconds(series, competitors)),
      ...ceilingsOf.map(() => CEILING_SECONDS),
    ];
    this.total = this.parts.reduce((sum, seconds) => sum + seconds, 0);
  }

  /** How much of a part is done, from 0 to 1. */
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

  /** In the beginning it is what was expected, in the end what the time gone by tells. */
  secondsLeft(secondsGone: number): number {
    const rest = 1 - this.share;
    return rest * (secondsGone + rest * this.total);
  }
}

function expectedSeconds(series: Series, competitors: readonly Competitor[]): number {
  return tasksOf(series).reduce((sum, task) => {
    const able = competitors.flatMap(({ contender, backend }) => {
      const ability = contenders[contender].ability(task, backend);
      return 'form' in ability ? [ability.form] : [];
    });
    const seconds = able.map((form) => {
      const call = flopsOf(task, form) / SPEED / 1e9;
      return SET_UP_SECONDS + roundsSeconds(call);
    });
    return sum + seconds.reduce((a, b) => a + b, 0);
  }, 0);
}

/** Seconds as a reader wants them: not more exact than they are known. */
export function aboutSeconds(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  return `about ${Math.round(seconds / 60)} min`;
}
