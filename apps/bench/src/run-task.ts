import { backendNamed } from './backends.js';
import { type Competitor, contenders } from './contenders/catalogue.js';
import type { CheckResult } from './contenders/contender.js';
import type { Lane } from './lanes/messages.js';
import { alternate, median, type Times } from './measure.js';
import type { Entry, Result, TaskReport } from './results.js';
import { maxErrorOf } from './workloads/error.js';
import type { Reference } from './workloads/reference.js';
import type { CellForm, Task } from './workloads/workload.js';

export interface RunOptions {
  /** Starts a thread for one contender. */
  readonly startLane: () => Lane;
  /** Seconds that setting up, the first check or a turn may take before a contender is stopped. */
  readonly limitSeconds: number;
  /** Ends the run; what has been measured by then is reported. */
  readonly signal?: AbortSignal;
  /** Told what happens next, in a few words. */
  readonly onStage?: (stage: string) => void;
}

/** A contender that has been checked and is about to be measured. */
interface Ready {
  readonly entry: Entry;
  readonly lane: Lane;
  readonly kernels: number;
  readonly maxError: number;
}

/** Calls before measuring begins last about this long, so that code is compiled and caches are filled. */
const WARM_UP_SECONDS = 0.3;
/** Who needs longer than this for the check is warm after it. */
const SLOW_CHECK_SECONDS = 3;

/**
 * Sets competitors up one after another, each in a lane of its own, checks their results against the float64 reference
 * and measures those that are ready in alternation.
 */
export async function runTask(
  task: Task,
  competitors: readonly Competitor[],
  options: RunOptions,
): Promise<TaskReport> {
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
  const run = new TaskRun(task, { ...options, startLane });
  try {
    for (const competitor of competitors) {
      if (options.signal?.aborted) break;
      await run.setUp(competitor);
    }
    await run.measure();
    return run.report();
  } finally {
    options.signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

class TaskRun {
  private readonly ready: Ready[] = [];
  private readonly results = new Map<Entry, Result>();
  private readonly entries: Entry[] = [];
  private readonly notes = new Set<string>();
  private readonly references = new Map<string, Reference>();
  private covers: string | undefined;

  constructor(
    private readonly task: Task,
    private readonly options: RunOptions,
  ) {}

  /** Prepares, checks and warms up one competitor, or notes why that was not possible. */
  async setUp({ contender, backend }: Competitor): Promise<void> {
    const entry: Entry = { ...this.task, backend, threads: backendNamed(backend).threads, contender };
    this.entries.push(entry);
    const ability = contenders[contender].ability(this.task, backend);
    if ('refusal' in ability) {
      this.skip(entry, ability.refusal);
      return;
    }
    const { form, note } = ability;
    if (note) this.notes.add(note);
    const stage = (what: string) => this.options.onStage?.(`${contender} on ${backend}: ${what}`);
    const lane = this.options.startLane();
    try {
      stage('setting up');
      const request = { kind: 'prepare', contender, backend, task: this.task, form } as const;
      await this.within(lane, 'setting up', lane.ask(request));
      stage('checking');
      const started = performance.now();
      const check = await this.within(lane, 'the first call', lane.ask({ kind: 'check' }));
      const seconds = (performance.now() - started) / 1000;
      stage('comparing with the reference');
      const maxError = await this.compare(form, check);
      stage('warming up');
      if (seconds < SLOW_CHECK_SECONDS) {
        await this.within(lane, 'warming up', lane.ask({ kind: 'turn', seconds: WARM_UP_SECONDS }));
      }
      this.ready.push({ entry, lane, kernels: check.kernels, maxError });
    } catch (error) {
      lane.stop();
      if (!this.options.signal?.aborted) this.skip(entry, (error as Error).message);
    }
  }

  async measure(): Promise<void> {
    const entrants = this.ready.map(({ lane }) => ({
      turn: (seconds: number) => this.within(lane, 'a call', lane.ask({ kind: 'turn', seconds })),
    }));
    const times = await alternate(entrants, {
      signal: this.options.signal,
      onTurn: (i, round) => {
        const { contender, backend } = this.ready[i].entry;
        this.options.onStage?.(`${contender} on ${backend}: round ${round + 1}`);
      },
    });
    this.ready.forEach((ready, i) => {
      this.conclude(ready, times[i]);
    });
  }

  report(): TaskReport {
    const results = this.entries.flatMap((entry) => this.results.get(entry) ?? []);
    return { task: this.task, results, notes: [...this.notes], covers: this.covers };
  }

  private conclude({ entry, kernels, maxError }: Ready, { durations, failure }: Times): void {
    if (durations.length > 0) {
      const figures = { medianMs: median(durations), minMs: Math.min(...durations), runs: durations.length };
      this.results.set(entry, { ...entry, ...figures, maxError, kernels });
    } else if (failure !== undefined && !this.options.signal?.aborted) {
      this.skip(entry, failure);
    }
  }

  private skip(entry: Entry, skipped: string): void {
    this.results.set(entry, { ...entry, skipped });
  }

  /** The error of a check against the reference of the form, which is computed when first needed. */
  private async compare(form: CellForm, { outputs }: CheckResult): Promise<number> {
    const key = JSON.stringify(form);
    let reference = this.references.get(key);
    if (!reference) {
      const lane = this.options.startLane();
      reference = await lane.ask({ kind: 'reference', task: this.task, form });
      lane.stop();
      this.references.set(key, reference);
      this.covers = reference.covers;
    }
    return maxErrorOf(this.task, form, outputs, reference.expected);
  }

  /** The promise's value; when it takes longer than the limit, the lane is stopped and what it did is said. */
  private async within<T>(lane: Lane, what: string, promise: Promise<T>): Promise<T> {
    const { limitSeconds } = this.options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${what} did not finish within the limit of ${limitSeconds} s`));
        lane.stop();
      }, limitSeconds * 1000);
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
