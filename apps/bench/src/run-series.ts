import { backendNamed } from './backends.js';
import { type Competitor, contenders } from './contenders/catalogue.js';
import type { CheckResult } from './contenders/contender.js';
import type { Checked, Lane } from './lanes/messages.js';
import { within } from './lanes/time-limit.js';
import { alternate, ROUNDS, type Times } from './measure.js';
import { type Entry, isMeasured, type Result, type TaskReport } from './results.js';
import { median, quartiles } from './statistics.js';
import { flopsOf } from './workloads/arithmetic.js';
import { maxErrorOf } from './workloads/error.js';
import type { Reference } from './workloads/reference.js';
import { type CellForm, type Series, type Task, tasksOf } from './workloads/workload.js';

export interface RunOptions {
  /** Starts a thread for one contender. */
  readonly startLane: () => Lane;
  /** Seconds that setting up, the first check or a turn may take before a contender is stopped. */
  readonly limitSeconds: number;
  /**
   * Factor on the seconds that warming up, turns, profiles and ceilings are given. Tests give 0: each makes the fewest
   * calls that it can.
   */
  readonly timeScale?: number;
  /** Whether to find out where the time of Sluice's training batches goes. */
  readonly profile?: boolean;
  /** Ends the run; what has been measured by then is reported. */
  readonly signal?: AbortSignal;
  /** Waits until nothing goes on in the background; called before the first round. */
  readonly settle?: () => Promise<void>;
  /** Told what happens next, in a few words, and how much of the series is done, from 0 to 1. */
  readonly onStage?: (stage: string, done: number) => void;
  /** Told what is known so far, after every round. */
  readonly onRound?: (reports: TaskReport[]) => void;
}

/** What has been found out about one task so far. */
class Findings {
  readonly notes = new Set<string>();
  covers: string | undefined;
  private readonly results = new Map<Entry, Result | undefined>();

  constructor(readonly task: Task) {}

  /** Who is to be reported, in this order. */
  expect(entry: Entry): void {
    this.results.set(entry, undefined);
  }

  get(entry: Entry): Result | undefined {
    return this.results.get(entry);
  }

  set(entry: Entry, result: Result): void {
    this.results.set(entry, result);
  }

  report(): TaskReport {
    const results = [...this.results.values()].filter((result) => result !== undefined);
    return { task: this.task, results, notes: [...this.notes], covers: this.covers };
  }
}

/** A contender that has been checked and is about to be measured. */
interface Ready {
  readonly findings: Findings;
  readonly entry: Entry;
  readonly form: CellForm;
  readonly lane: Lane;
  readonly check: Checked;
  readonly maxError: number;
}

/** Calls before measuring begins last about this long, so that code is compiled and caches are filled. */
const WARM_UP_SECONDS = 0.5;
/**
 * Of calls that take less than a millisecond JavaScript is a part that counts, and engines compile that for speed only after
 * thousands of calls: those go on until there were so many, or for so long.
 */
const SHORT_CALL_MS = 1;
const MANY_CALLS = 10_000;
const LONGER_WARM_UP_SECONDS = 2.5;
/** Who needs longer than this for the check is warm after it. */
const SLOW_CHECK_SECONDS = 3;
/** Batches are profiled for about this long. */
const PROFILE_SECONDS = 2;

/**
 * Sets every competitor up for every cell of a series, one after another, each in a lane of its own, checks their results
 * against the float64 reference and measures all that are ready in one alternation.
 *
 * @returns a report for each cell of the series.
 */
export async function runSeries(
  series: Series,
  competitors: readonly Competitor[],
  options: RunOptions,
): Promise<TaskReport[]> {
  const lanes: Lane[] = [];
  const startLane = () => {
    const lane = options.startLane();
    lanes.push(lane);
    return lane;
  };
  const stopAll = () => {
    for (const lane of lanes) lane.stop();
  };
  options.signal?.addEventListener('abort', stopAll);
  const findings = tasksOf(series).map((task) => new Findings(task));
  const run = new SeriesRun({ ...options, startLane }, findings, competitors.length * findings.length);
  try {
    // A contender's cells follow each other, so in a round little time passes between those that are compared closely.
    for (const competitor of competitors) {
      for (const each of findings) {
        if (!options.signal?.aborted) await run.setUp(each, competitor);
      }
    }
    if (!options.signal?.aborted) await options.settle?.();
    await run.measure();
    if (options.profile) await run.profile();
    return run.reports();
  } finally {
    options.signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

class SeriesRun {
  private readonly ready: Ready[] = [];
  private readonly references = new Map<string, Reference>();

  /** Setting up is the first half of a series, measuring the second. */
  private done = 0;
  private readonly timeScale: number;

  constructor(
    private readonly options: RunOptions,
    private readonly findings: readonly Findings[],
    private readonly setUps: number,
  ) {
    this.timeScale = options.timeScale ?? 1;
  }

  reports(): TaskReport[] {
    return this.findings.map((each) => each.report());
  }

  /** Prepares, checks and warms up one competitor for one cell, or notes why that was not possible. */
  async setUp(findings: Findings, { contender, backend }: Competitor): Promise<void> {
    const { task } = findings;
    const entry: Entry = { ...task, backend, threads: backendNamed(backend).threads, contender };
    findings.expect(entry);
    this.done += 0.5 / this.setUps;
    const ability = contenders[contender].ability(task, backend);
    if ('refusal' in ability) {
      findings.set(entry, { ...entry, skipped: ability.refusal });
      return;
    }
    const { form, notes = [] } = ability;
    for (const note of notes) findings.notes.add(note);
    const lane = this.options.startLane();
    try {
      this.stage(entry, 'setting up');
      const request = { kind: 'prepare', contender, backend, task, form } as const;
      await this.within(lane, 'setting up', lane.ask(request));
      this.stage(entry, 'checking');
      const started = performance.now();
      const check = await this.within(lane, 'the first call', lane.ask({ kind: 'check' }));
      const seconds = (performance.now() - started) / 1000;
      this.stage(entry, 'comparing with the reference');
      const maxError = await this.compare(findings, form, check);
      this.stage(entry, 'warming up');
      if (seconds < SLOW_CHECK_SECONDS) {
        const warmUp = (seconds: number) =>
          this.within(lane, 'warming up', lane.ask({ kind: 'turn', seconds }));
        const call = median(await warmUp(this.timeScale * WARM_UP_SECONDS));
        if (call < SHORT_CALL_MS) {
          const longer = Math.min(LONGER_WARM_UP_SECONDS, (call / 1000) * MANY_CALLS);
          await warmUp(this.timeScale * longer);
        }
      }
      this.ready.push({ findings, entry, form, lane, check, maxError });
    } catch (error) {
      lane.stop();
      this.skip(findings, entry, error as Error);
    }
  }

  async measure(): Promise<void> {
    const entrants = this.ready.map(({ lane }) => ({
      turn: (seconds: number) => this.within(lane, 'a call', lane.ask({ kind: 'turn', seconds })),
    }));
    const times = await alternate(entrants, {
      timeScale: this.timeScale,
      signal: this.options.signal,
      onTurn: (i, round) => {
        this.done = 0.5 + (0.5 * (round + i / entrants.length)) / ROUNDS;
        this.stage(this.ready[i].entry, `round ${round + 1}`);
      },
      onRound: (sofar) => {
        this.conclude(sofar);
        this.options.onRound?.(this.reports());
      },
    });
    this.conclude(times);
  }

  /** Profiles Sluice's training batches one after another, in lanes of their own: the timers stay out of the measured ones. */
  async profile(): Promise<void> {
    for (const { findings, entry, form } of this.ready) {
      const result = findings.get(entry);
      const wanted = entry.workload === 'train' && entry.contender === 'sluice';
      if (!wanted || !result || !isMeasured(result) || this.options.signal?.aborted) continue;
      this.stage(entry, 'where its time goes');
      const { task } = findings;
      const { contender, backend } = entry;
      const lane = this.options.startLane();
      try {
        const prepare = { kind: 'prepare', contender, backend, task, form } as const;
        await this.within(lane, 'setting up', lane.ask(prepare));
        await this.within(lane, 'the first call', lane.ask({ kind: 'check' }));
        const request = { kind: 'profile', seconds: this.timeScale * PROFILE_SECONDS } as const;
        const profile = await this.within(lane, 'a profile', lane.ask(request));
        findings.set(entry, { ...result, profile });
      } catch (error) {
        const { message } = error as Error;
        if (!this.options.signal?.aborted)
          findings.notes.add(`${contender} on ${backend} not profiled: ${message}`);
      } finally {
        lane.stop();
      }
    }
  }

  private stage({ contender, backend, cell }: Entry, what: string): void {
    this.options.onStage?.(`${contender} ${cell} on ${backend}: ${what}`, this.done);
  }

  private conclude(times: readonly Times[]): void {
    this.ready.forEach((ready, i) => {
      this.concludeOne(ready, times[i]);
    });
  }

  private concludeOne(ready: Ready, { rounds, failure }: Times): void {
    const { findings, entry, form, maxError } = ready;
    const { kernels, firstMs } = ready.check;
    const durations = rounds.flat();
    if (durations.length > 0) {
      const figures = {
        medianMs: median(durations),
        minMs: Math.min(...durations),
        quartilesMs: quartiles(durations),
        runs: durations.length,
        roundsMs: rounds.map(median),
        flops: flopsOf(findings.task, form),
      };
      findings.set(entry, { ...entry, ...figures, firstMs, maxError, kernels });
      if (failure !== undefined && !this.options.signal?.aborted) {
        const { contender, backend } = entry;
        findings.notes.add(
          `${contender} on ${backend} ended early, after ${durations.length} calls: ${failure}`,
        );
      }
    } else if (failure !== undefined) {
      this.skip(findings, entry, new Error(failure));
    }
  }

  /** Notes why a contender has no figures, unless the run was ended, which is no fault of its own. */
  private skip(findings: Findings, entry: Entry, { message }: Error): void {
    if (!this.options.signal?.aborted) findings.set(entry, { ...entry, skipped: message });
  }

  /** The error of a check against the reference of the form, which is computed when first needed. */
  private async compare(findings: Findings, form: CellForm, { outputs }: CheckResult): Promise<number> {
    const key = JSON.stringify(form);
    let reference = this.references.get(key);
    if (!reference) {
      const lane = this.options.startLane();
      reference = await lane.ask({ kind: 'reference', task: findings.task, form });
      lane.stop();
      this.references.set(key, reference);
    }
    findings.covers = reference.covers;
    return maxErrorOf(findings.task, form, outputs, reference.expected);
  }

  private within<T>(lane: Lane, what: string, promise: Promise<T>): Promise<T> {
    return within(this.options.limitSeconds, lane, what, promise);
  }
}
