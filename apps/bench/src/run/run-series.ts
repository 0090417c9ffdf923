import { backendNamed } from '../backends.js';
import { type Competitor, contenders } from '../contenders/catalogue.js';
import type { CheckResult } from '../contenders/contender.js';
import { askWithin, type BenchWorker, type Checked, type Request } from '../workers/protocol.js';
import { flopsOf } from '../workloads/flops.js';
import { maxErrorOf, type Reference } from '../workloads/reference.js';
import { type CellForm, type Series, type Task, tasksOf } from '../workloads/workload.js';
import { alternate, ROUNDS, type Times } from './alternate.js';
import { type Entry, isMeasured, type Result, type TaskReport } from './results.js';
import { median, quartiles } from './statistics.js';

export interface RunOptions {
  /** Starts a worker for one contender. */
  readonly startWorker: () => BenchWorker;
  /** Seconds that setting up, the first check or a turn may take before a contender is stopped. */
  readonly limitSeconds: number;
  /** Factor on the seconds of warm-ups, turns, profiles and ceilings. Tests give 0: each makes as few calls as it can. */
  readonly timeScale?: number;
  /** Whether to profile the kernels of Sluice's training batches. */
  readonly profile?: boolean;
  /** Ends the run; the results so far are reported. */
  readonly signal?: AbortSignal;
  /** Waits until no thread compiles in the background; called before the first round. */
  readonly settle?: () => Promise<void>;
  /** Called with the next step, in a few words, and the finished share of the series, from 0 to 1. */
  readonly onStage?: (stage: string, done: number) => void;
  /** Called after every round with the results so far. */
  readonly onRound?: (reports: TaskReport[]) => void;
}

/** The results of one task so far. */
class Findings {
  readonly notes = new Set<string>();
  covers: string | undefined;
  /** In the order in which the competitors are reported. */
  readonly results = new Map<Entry, Result | undefined>();

  constructor(readonly task: Task) {}

  report(): TaskReport {
    const results = [...this.results.values()].filter((result) => result !== undefined);
    return { task: this.task, results, notes: [...this.notes], covers: this.covers };
  }
}

/** A contender that is checked, warm and ready to be measured. */
interface Ready {
  readonly findings: Findings;
  readonly entry: Entry;
  readonly form: CellForm;
  readonly worker: BenchWorker;
  readonly check: Checked;
  readonly maxError: number;
}

/** The length of a warm-up, in which code is compiled and caches are filled. */
const WARM_UP_SECONDS = 0.5;
/**
 * In calls below a millisecond the time of JavaScript counts. Engines optimize it only after thousands of calls, so these
 * calls are warmed up a second time: for 10,000 calls, or 2.5 s.
 */
const SHORT_CALL_MS = 1;
const MANY_CALLS = 10_000;
const LONGER_WARM_UP_SECONDS = 2.5;
/** A contender whose check takes longer than this is warm after it. */
const SLOW_CHECK_SECONDS = 3;
const PROFILE_SECONDS = 2;

/**
 * Sets up every competitor for every cell of a series, each in a worker of its own, checks the results against the float64
 * reference and measures all in one alternation.
 *
 * @returns a report for each cell of the series.
 */
export async function runSeries(
  series: Series,
  competitors: readonly Competitor[],
  options: RunOptions,
): Promise<TaskReport[]> {
  const workers: BenchWorker[] = [];
  const startWorker = () => {
    const worker = options.startWorker();
    workers.push(worker);
    return worker;
  };
  const stopAll = () => {
    for (const worker of workers) worker.stop();
  };
  options.signal?.addEventListener('abort', stopAll);
  const findings = tasksOf(series).map((task) => new Findings(task));
  const run = new SeriesRun({ ...options, startWorker }, findings, competitors.length * findings.length);
  try {
    // A contender's cells follow each other, since they are compared closely: little time passes between their turns.
    for (const competitor of competitors) {
      for (const task of findings) {
        if (!options.signal?.aborted) await run.setUp(task, competitor);
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
  /** The finished share: setting up is the first half of a series, measuring the second. */
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
    return this.findings.map((task) => task.report());
  }

  /** Prepares, checks and warms up one competitor for one cell, or notes why it cannot. */
  async setUp(findings: Findings, { contender, backend }: Competitor): Promise<void> {
    const { task } = findings;
    const entry: Entry = { ...task, backend, threads: backendNamed(backend).threads, contender };
    findings.results.set(entry, undefined);
    this.done += 0.5 / this.setUps;
    const ability = contenders[contender].ability(task, backend);
    if ('refusal' in ability) {
      findings.results.set(entry, { ...entry, skipped: ability.refusal });
      return;
    }
    const { form, notes = [] } = ability;
    for (const note of notes) findings.notes.add(note);
    const worker = this.options.startWorker();
    try {
      this.stage(entry, 'setting up');
      await this.ask(worker, 'setting up', { kind: 'prepare', contender, backend, task, form });
      this.stage(entry, 'checking');
      const started = performance.now();
      const check = await this.ask(worker, 'the first call', { kind: 'check' });
      const isSlow = performance.now() - started > 1000 * SLOW_CHECK_SECONDS;
      this.stage(entry, 'comparing with the reference');
      const maxError = await this.compare(findings, form, check);
      this.stage(entry, 'warming up');
      if (!isSlow) await this.warmUp(worker);
      this.ready.push({ findings, entry, form, worker, check, maxError });
    } catch (error) {
      worker.stop();
      this.skip(findings, entry, (error as Error).message);
    }
  }

  async measure(): Promise<void> {
    const entrants = this.ready.map(({ worker }) => ({
      turn: (seconds: number) => this.ask(worker, 'a call', { kind: 'turn', seconds }),
    }));
    const times = await alternate(entrants, {
      timeScale: this.timeScale,
      signal: this.options.signal,
      onTurn: (i, round) => {
        this.done = 0.5 + (0.5 * (round + i / entrants.length)) / ROUNDS;
        this.stage(this.ready[i].entry, `round ${round + 1}`);
      },
      onRound: (soFar) => {
        this.conclude(soFar);
        this.options.onRound?.(this.reports());
      },
    });
    this.conclude(times);
  }

  /** Profiles Sluice's training batches, in workers of their own: the timers must not slow the measured ones down. */
  async profile(): Promise<void> {
    for (const { findings, entry, form } of this.ready) {
      const result = findings.results.get(entry);
      const wanted = entry.workload === 'train' && entry.contender === 'sluice';
      if (!wanted || !result || !isMeasured(result) || this.options.signal?.aborted) continue;
      this.stage(entry, 'profiling its kernels');
      const { contender, backend } = entry;
      const worker = this.options.startWorker();
      try {
        const { task } = findings;
        await this.ask(worker, 'setting up', { kind: 'prepare', contender, backend, task, form });
        await this.ask(worker, 'the first call', { kind: 'check' });
        const seconds = this.timeScale * PROFILE_SECONDS;
        const profile = await this.ask(worker, 'a profile', { kind: 'profile', seconds });
        findings.results.set(entry, { ...result, profile });
      } catch (error) {
        const { message } = error as Error;
        if (!this.options.signal?.aborted)
          findings.notes.add(`${contender} on ${backend} not profiled: ${message}`);
      } finally {
        worker.stop();
      }
    }
  }

  private async warmUp(worker: BenchWorker): Promise<void> {
    const turn = (seconds: number) =>
      this.ask(worker, 'warming up', { kind: 'turn', seconds: this.timeScale * seconds });
    const call = median(await turn(WARM_UP_SECONDS));
    if (call < SHORT_CALL_MS) await turn(Math.min(LONGER_WARM_UP_SECONDS, (call / 1000) * MANY_CALLS));
  }

  private stage({ contender, backend, cell }: Entry, step: string): void {
    this.options.onStage?.(`${contender} ${cell} on ${backend}: ${step}`, this.done);
  }

  /** Turns times into results. */
  private conclude(times: readonly Times[]): void {
    for (const [i, { findings, entry, form, maxError, check }] of this.ready.entries()) {
      const { rounds, failure } = times[i];
      const durations = rounds.flat();
      if (durations.length === 0) {
        if (failure !== undefined) this.skip(findings, entry, failure);
        continue;
      }
      findings.results.set(entry, {
        ...entry,
        medianMs: median(durations),
        minMs: Math.min(...durations),
        quartilesMs: quartiles(durations),
        runs: durations.length,
        roundsMs: rounds.map(median),
        flops: flopsOf(findings.task, form),
        firstMs: check.firstMs,
        maxError,
        kernels: check.kernels,
      });
      if (failure !== undefined && !this.options.signal?.aborted) {
        const who = `${entry.contender} on ${entry.backend}`;
        findings.notes.add(`${who} ended early, after ${durations.length} calls: ${failure}`);
      }
    }
  }

  /** Notes why a contender has no figures, unless the run was cancelled. */
  private skip(findings: Findings, entry: Entry, skipped: string): void {
    if (!this.options.signal?.aborted) findings.results.set(entry, { ...entry, skipped });
  }

  /** The error of a check against the reference of the form, which is computed at its first use. */
  private async compare(findings: Findings, form: CellForm, { outputs }: CheckResult): Promise<number> {
    const key = JSON.stringify(form);
    let reference = this.references.get(key);
    if (!reference) {
      const worker = this.options.startWorker();
      reference = await worker.ask({ kind: 'reference', task: findings.task, form });
      worker.stop();
      this.references.set(key, reference);
    }
    findings.covers = reference.covers;
    return maxErrorOf(findings.task, form, outputs, reference.expected);
  }

  private ask<R extends Request>(worker: BenchWorker, step: string, request: R) {
    return askWithin(this.options.limitSeconds, worker, step, request);
  }
}
