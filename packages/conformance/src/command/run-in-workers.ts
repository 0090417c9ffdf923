import { Worker } from 'node:worker_threads';
import { type ConformanceCase, listCases } from '../list-cases.js';
import { messageOf, type Outcome } from '../outcome.js';
import { type ConformanceReport, makeReport, printedFailures } from '../report.js';
import { WorstErrors } from '../tolerances.js';
import type { Answer, BackendFacts, Request, WorkerTask } from './protocol.js';

export interface RunInWorkersOptions extends WorkerTask {
  readonly workers: number;
  /** Seconds after which a case that has not ended fails, and its worker is replaced. */
  readonly limitSeconds: number;
  readonly signal: AbortSignal;
  /** Called after each case. */
  readonly onCase: (done: number, total: number) => void;
}

/** A report with the outcome of every case that ran. */
export interface FinishedRun {
  readonly report: ConformanceReport;
  readonly cases: readonly ConformanceCase[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Why an instance of the backend could not be destroyed after its cases. */
  readonly endFailure: string | undefined;
}

/** A run stops after this many cases that did not end, or that ended their thread: each takes the time limit, or a new thread. */
const MOST_LOST = 10;

/**
 * Runs cases in worker threads, each with its own instance of the backend. A case that crashes its thread or does not end
 * fails, and the others go on. Then the failed cases that a report prints run again, each in a thread of its own, to tell
 * faults that depend on earlier calls.
 *
 * @throws Error when the backend's module cannot be loaded or creates no backend, RangeError when no case is selected.
 */
export async function runInWorkers(options: RunInWorkersOptions): Promise<FinishedRun> {
  const { selection, names, seed, signal } = options;
  const chosen = listCases(selection, names);
  const run = new Run(options);
  // The first worker tells whether the backend counts its buffers.
  const first = await run.startThread();
  const cases = chosen.filter(({ suite }) => first.facts.countsBuffers || suite !== 'leaks');
  if (cases.length === 0) {
    await first.stop();
    throw new RangeError(
      'These options select no case. A cell is not in every suite; the suite leaks needs liveBuffers, and some suites test gradients alone.',
    );
  }
  run.begin(cases);
  const others = Math.min(options.workers, cases.length) - 1;
  await Promise.all([run.work(first), ...Array.from({ length: Math.max(0, others) }, () => run.work())]);
  if (run.startFailure && !signal.aborted) throw run.startFailure;
  const chosenByName = Object.values(names).some((list) => list !== undefined);
  const worstErrors = run.worstErrors.all();
  const { outcomes, stopped, endFailure } = run;
  const facts = { ...first.facts, ...selection, seed, worstErrors, chosenByName, stopped };
  const report = makeReport(cases, outcomes, facts);
  if (signal.aborted || report.failed === 0) return { cases, outcomes, report, endFailure };
  await run.repeatAlone(printedFailures(report).map(({ id }) => id));
  return { cases, outcomes, report: makeReport(cases, outcomes, facts), endFailure };
}

class Run {
  readonly outcomes = new Map<string, Outcome>();
  readonly worstErrors = new WorstErrors();
  startFailure: Error | undefined;
  endFailure: string | undefined;
  /** Why the run stopped before all cases ran. */
  stopped: string | undefined;
  private late = 0;
  private ended = 0;
  private waiting: ConformanceCase[] = [];
  private total = 0;

  constructor(private readonly options: RunInWorkersOptions) {}

  begin(cases: readonly ConformanceCase[]): void {
    this.waiting = [...cases];
    this.total = cases.length;
  }

  /** @throws Error when the backend does not start. */
  async startThread(): Promise<Thread> {
    const { file, selection, names, seed } = this.options;
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { file, selection, names, seed } satisfies WorkerTask,
      stdout: true,
    });
    // The backend's own output is not part of the report.
    worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
    const thread = new Thread(worker);
    const answer = await thread.next();
    if ('ready' in answer) {
      thread.facts = answer.ready;
      return thread;
    }
    await thread.stop();
    throw new Error('startFailure' in answer ? answer.startFailure : 'the worker thread gave another answer');
  }

  /** Runs waiting cases until there are none. */
  async work(started?: Thread): Promise<void> {
    let thread = started;
    try {
      for (let one = this.take(); one !== undefined; one = this.take()) {
        thread ??= await this.startThread();
        const outcome = await this.runCase(thread, one.id);
        if (outcome === undefined) return;
        this.outcomes.set(one.id, outcome.result);
        if (!outcome.alive) thread = undefined;
        this.options.onCase(this.outcomes.size, this.total);
      }
      if (thread) await this.end(thread);
    } catch (error) {
      this.startFailure ??= error as Error;
      this.waiting = [];
    } finally {
      await thread?.stop();
    }
  }

  /** Runs failed cases again, each in a new thread, and notes which ones pass. Cases that did not end would take too long. */
  async repeatAlone(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const outcome = this.outcomes.get(id);
      if (outcome === undefined || outcome === 'passed' || outcome.message === this.lateMessage) continue;
      const thread = await this.startThread().catch(() => undefined);
      const again = thread && (await this.runCase(thread, id));
      await thread?.stop();
      if (again?.result === 'passed') this.outcomes.set(id, { ...outcome, passesAlone: true });
    }
  }

  private get lateMessage(): string {
    return `The case did not end within ${this.options.limitSeconds} s.`;
  }

  /** Stops the run if too many threads were lost. @param what the lost tests did. */
  private noteLost(count: number, what: string): void {
    if (count < MOST_LOST || this.waiting.length === 0) return;
    this.waiting = [];
    this.stopped = `the run stopped after ${MOST_LOST} tests that ${what}`;
  }

  private take(): ConformanceCase | undefined {
    return this.options.signal.aborted ? undefined : this.waiting.shift();
  }

  /** The outcome of a case, and whether its thread can run another one; undefined when the run is cancelled. */
  private async runCase(thread: Thread, id: string) {
    const { limitSeconds, signal } = this.options;
    thread.ask({ run: id });
    try {
      const answer = await thread.next(limitSeconds, signal);
      if (answer === 'cancelled') return undefined;
      if (answer !== 'late' && 'outcome' in answer) {
        this.worstErrors.merge(answer.worstErrors);
        return { result: answer.outcome, alive: true };
      }
      await thread.stop();
      this.noteLost(++this.late, `did not end within ${limitSeconds} s`);
      return { result: { message: this.lateMessage }, alive: false };
    } catch (error) {
      this.noteLost(++this.ended, 'ended their worker thread');
      return { result: { message: (error as Error).message }, alive: false };
    }
  }

  private async end(thread: Thread): Promise<void> {
    thread.ask({ end: true });
    const answer = await thread.next(this.options.limitSeconds);
    if (answer === 'late' || answer === 'cancelled' || !('endFailure' in answer)) return;
    this.endFailure ??= `The backend cannot be destroyed: ${answer.endFailure}`;
  }
}

/** Node ends a thread with this code when nothing is left to do, but a promise is still awaited. */
const UNSETTLED = 13;

/** Why a thread ended before it answered. */
const explainExit = (code: number): string =>
  code === UNSETTLED
    ? 'The worker thread ended, since the backend awaits a promise that nothing settles.'
    : `The worker thread ended with code ${code}: the backend called process.exit, or ended the thread.`;

/** A worker thread that answers one request at a time. */
class Thread {
  facts!: BackendFacts;
  private settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;

  constructor(private readonly worker: Worker) {
    worker.on('message', (answer: Answer) => this.settle?.resolve(answer));
    worker.on('error', (error) => this.fail(new Error(`The worker thread failed: ${messageOf(error)}`)));
    worker.on('exit', (code) => this.fail(new Error(explainExit(code))));
  }

  ask(request: Request): void {
    this.worker.postMessage(request);
  }

  next(): Promise<Answer>;
  next(limitSeconds: number, signal?: AbortSignal): Promise<Answer | 'late' | 'cancelled'>;
  /** @throws Error when the thread ends first. */
  async next(limitSeconds?: number, signal?: AbortSignal): Promise<Answer | 'late' | 'cancelled'> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let cancel: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        if (this.failure) return reject(this.failure);
        this.settle = { resolve, reject };
        if (limitSeconds) timer = setTimeout(() => resolve('late'), 1000 * limitSeconds);
        cancel = () => resolve('cancelled');
        signal?.addEventListener('abort', cancel);
      });
    } finally {
      clearTimeout(timer);
      if (cancel) signal?.removeEventListener('abort', cancel);
      this.settle = undefined;
    }
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.settle?.reject(this.failure);
  }
}
