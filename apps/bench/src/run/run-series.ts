import { backendNamed } from '../backends.js';
import { type Competitor, contenders } from '../contenders/catalogue.js';
import { askWithin, type BenchWorker, type Checked, type Request, withWorkers } from '../workers/protocol.js';
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

/** One competitor at one task, and what is known of it so far. */
interface Lane {
  readonly task: Task;
  readonly entry: Entry;
  readonly notes: string[];
  covers?: string;
  result?: Result;
}

/** A contender that is checked, warm and ready to be measured. */
interface ReadyLane extends Lane {
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
export function runSeries(
  series: Series,
  competitors: readonly Competitor[],
  options: RunOptions,
): Promise<TaskReport[]> {
  return withWorkers(options, async (startWorker) => {
    const run = new SeriesRun({ ...options, startWorker }, series, competitors);
    await run.setUp();
    if (!options.signal?.aborted) await options.settle?.();
    await run.measure();
    if (options.profile) await run.profile();
    return run.reports();
  });
}

class SeriesRun {
  private readonly tasks: readonly Task[];
  private readonly lanes: readonly Lane[];
  private readonly ready: ReadyLane[] = [];
  private readonly references = new Map<string, Reference>();
  /** Starting a worker takes longer than most references. */
  private referenceWorker: BenchWorker | undefined;
  /** The finished share: setting up is the first half of a series, measuring the second. */
  private done = 0;

  constructor(
    private readonly options: RunOptions,
    series: Series,
    competitors: readonly Competitor[],
  ) {
    this.tasks = tasksOf(series);
    // A contender's cells follow each other, since they are compared closely: little time passes between their turns.
    this.lanes = competitors.flatMap(({ contender, backend }) =>
      this.tasks.map((task) => {
        const { threads } = backendNamed(backend);
        return { task, entry: { ...task, backend, threads, contender }, notes: [] };
      }),
    );
  }

  reports(): TaskReport[] {
    return this.tasks.map((task) => {
      const own = this.lanes.filter((lane) => lane.task === task);
      const results = own.flatMap(({ result }) => (result ? [result] : []));
      const notes = [...new Set(own.flatMap((lane) => lane.notes))];
      return { task, results, notes, covers: own.find(({ covers }) => covers)?.covers };
    });
  }

  /** Prepares, checks and warms up every competitor, or notes why it cannot. */
  async setUp(): Promise<void> {
    for (const lane of this.lanes) {
      if (this.isCancelled) return;
      this.done += 0.5 / this.lanes.length;
      const { contender, backend } = lane.entry;
      const ability = contenders[contender].ability(lane.task, backend);
      if ('refusal' in ability) {
        this.skip(lane, ability.refusal);
        continue;
      }
      lane.notes.push(...(ability.notes ?? []));
      const worker = this.options.startWorker();
      try {
        this.ready.push(Object.assign(lane, await this.makeReady(lane, ability.form, worker)));
      } catch (error) {
        worker.stop();
        this.skip(lane, (error as Error).message);
      }
    }
    this.referenceWorker?.stop();
  }

  async measure(): Promise<void> {
    const entrants = this.ready.map(({ worker }) => ({
      turn: (seconds: number) => this.ask(worker, 'a call', { kind: 'turn', seconds }),
    }));
    const times = await alternate(entrants, {
      timeScale: this.options.timeScale,
      signal: this.options.signal,
      onTurn: (i, round) => {
        this.done = 0.5 + (0.5 * (round + i / entrants.length)) / ROUNDS;
        this.stage(this.ready[i], `round ${round + 1}`);
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
    for (const lane of this.ready) {
      const { entry, form, result } = lane;
      const wanted = entry.workload === 'train' && entry.contender === 'sluice';
      if (!wanted || !result || !isMeasured(result) || this.isCancelled) continue;
      this.stage(lane, 'profiling its kernels');
      const worker = this.options.startWorker();
      try {
        await this.prepare(lane, form, worker);
        await this.ask(worker, 'the first call', { kind: 'check' });
        const seconds = this.timeScale * PROFILE_SECONDS;
        lane.result = {
          ...result,
          profile: await this.ask(worker, 'a profile', { kind: 'profile', seconds }),
        };
      } catch (error) {
        this.note(lane, `not profiled: ${(error as Error).message}`);
      } finally {
        worker.stop();
      }
    }
  }

  private async makeReady(lane: Lane, form: CellForm, worker: BenchWorker) {
    this.stage(lane, 'setting up');
    await this.prepare(lane, form, worker);
    this.stage(lane, 'checking');
    const started = performance.now();
    const check = await this.ask(worker, 'the first call', { kind: 'check' });
    const isSlow = performance.now() - started > 1000 * SLOW_CHECK_SECONDS;
    this.stage(lane, 'comparing with the reference');
    const maxError = await this.compare(lane, form, check);
    this.stage(lane, 'warming up');
    if (!isSlow) await this.warmUp(worker);
    return { form, worker, check, maxError };
  }

  private prepare({ task, entry }: Lane, form: CellForm, worker: BenchWorker) {
    const { contender, backend } = entry;
    return this.ask(worker, 'setting up', { kind: 'prepare', contender, backend, task, form });
  }

  private async warmUp(worker: BenchWorker): Promise<void> {
    const turn = (seconds: number) =>
      this.ask(worker, 'warming up', { kind: 'turn', seconds: this.timeScale * seconds });
    const call = median(await turn(WARM_UP_SECONDS));
    if (call < SHORT_CALL_MS) await turn(Math.min(LONGER_WARM_UP_SECONDS, (call / 1000) * MANY_CALLS));
  }

  /** The error of a check against the reference of the form, which is computed at its first use. */
  private async compare(lane: Lane, form: CellForm, { outputs }: Checked): Promise<number> {
    const key = JSON.stringify(form);
    let reference = this.references.get(key);
    if (!reference) {
      this.referenceWorker ??= this.options.startWorker();
      reference = await this.referenceWorker.ask({ kind: 'reference', task: lane.task, form });
      this.references.set(key, reference);
    }
    lane.covers = reference.covers;
    return maxErrorOf(outputs, reference.expected);
  }

  /** Makes results from the times so far. */
  private conclude(times: readonly Times[]): void {
    for (const [i, lane] of this.ready.entries()) {
      const { rounds, failure } = times[i];
      const durations = rounds.flat();
      if (durations.length > 0) {
        const { firstMs, kernels } = lane.check;
        lane.result = {
          ...lane.entry,
          medianMs: median(durations),
          minMs: Math.min(...durations),
          quartilesMs: quartiles(durations),
          runs: durations.length,
          roundsMs: rounds.map(median),
          firstMs,
          maxError: lane.maxError,
          kernels,
          flops: flopsOf(lane.task, lane.form),
        };
      }
      if (failure === undefined) continue;
      if (durations.length === 0) this.skip(lane, failure);
      else this.note(lane, `ended early, after ${durations.length} calls: ${failure}`);
    }
  }

  /** Notes why a contender has no figures, unless the run was cancelled. */
  private skip(lane: Lane, skipped: string): void {
    if (!this.isCancelled) lane.result = { ...lane.entry, skipped };
  }

  /** Notes what happened to a contender, unless the run was cancelled. */
  private note({ notes, entry: { contender, backend } }: Lane, event: string): void {
    if (!this.isCancelled) notes.push(`${contender} on ${backend} ${event}`);
  }

  private stage({ entry: { contender, backend, cell } }: Lane, step: string): void {
    this.options.onStage?.(`${contender} ${cell} on ${backend}: ${step}`, this.done);
  }

  private get isCancelled(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  private get timeScale(): number {
    return this.options.timeScale ?? 1;
  }

  private ask<R extends Request>(worker: BenchWorker, step: string, request: R) {
    return askWithin(this.options.limitSeconds, worker, step, request);
  }
}
