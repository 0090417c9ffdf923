import type { LoadedKernels } from '../fixed-kernels.js';
import type { Heap } from '../heap.js';
import { BOARD_BYTES, type JobArguments, JobBoard } from './job-board.js';
import { doChunk, type Tools } from './jobs.js';
import { type StartedWorker, startWorker } from './start-worker.js';

/** How long a chunk may take, in ms, before its worker is taken for lost: far longer than any chunk is meant to. */
const PATIENCE = 2000;
/** How often the main thread looks whether a job is done before it looks at the clock. */
const LOOKS_AT_ONCE = 2000;

/**
 * Workers on the same memory, and the main thread, which does what nobody else has taken. A worker that ends, or holds a
 * chunk too long, is given up: its chunk is done again, which gives the same numbers, and the others go on.
 */
export class Pool {
  private readonly board: JobBoard;
  private readonly boardAddress: number;
  private readonly workers: (StartedWorker | null)[] = [];
  private state: 'idle' | 'started' | 'stopped' = 'idle';

  /**
   * @param threads how many threads there are altogether, the main thread among them. They are started by the first job.
   * @param tools what the main thread does its chunks with.
   * @param start starts a worker.
   */
  constructor(
    private readonly heap: Heap,
    private readonly loaded: LoadedKernels,
    readonly threads: number,
    private readonly tools: Tools,
    private readonly start: typeof startWorker = startWorker,
  ) {
    this.boardAddress = heap.allocate(BOARD_BYTES);
    new Uint8Array(heap.memory.buffer, this.boardAddress, BOARD_BYTES).fill(0);
    this.board = new JobBoard(heap.memory, this.boardAddress);
  }

  /** Whether there is anybody but the main thread. */
  get hasHelp(): boolean {
    return this.workers.some((worker) => worker !== null);
  }

  /** Does a job, all of its chunks. */
  do(kind: number, values: JobArguments, chunks: number): void {
    if (this.state === 'idle') this.startWorkers();
    const { board } = this;
    board.post(kind, values, chunks);
    for (let chunk = board.take(); chunk >= 0; chunk = board.take()) this.doHere(chunk);
    for (let chunk = 0; chunk < chunks; chunk++) if (!board.isDone(chunk)) this.waitFor(chunk);
  }

  /** Ends the workers; jobs are then done by the main thread alone. */
  stop(): void {
    this.state = 'stopped';
    this.workers.fill(null);
    this.board.stop();
  }

  private startWorkers(): void {
    this.state = 'started';
    const { memory } = this.heap;
    for (let worker = 0; worker < this.threads - 1; worker++) {
      const scratch = this.heap.allocate(this.loaded.fixed.scratchBytes());
      const given = { memory, module: this.loaded.module, board: this.boardAddress, scratch, worker };
      this.workers.push(this.start(given, () => this.giveUp(worker)));
    }
  }

  private doHere(chunk: number): void {
    doChunk(this.board, chunk, this.tools);
    this.board.settle(chunk, true);
  }

  /** Waits for a chunk that a worker has taken, and does it here if that one cannot. */
  private waitFor(chunk: number): void {
    const { board } = this;
    let since = 0;
    for (let look = 1; !board.isDone(chunk); look++) {
      if (board.hasFailed(chunk)) {
        this.doHere(chunk);
        return;
      }
      if (look % LOOKS_AT_ONCE !== 0) continue;
      const now = performance.now();
      since ||= now;
      if (now - since > PATIENCE) {
        this.endBusyWorkers();
        this.doHere(chunk);
        return;
      }
      if (look > 10 * LOOKS_AT_ONCE) board.pause(0.1);
    }
  }

  /** Ends the workers that are at work too long; all of them when it cannot be told which. */
  private endBusyWorkers(): void {
    const busy = this.workers.map((_, index) => this.board.isBusy(index));
    this.workers.forEach((worker, index) => {
      if (worker === null || (busy.includes(true) && !busy[index])) return;
      worker.terminate();
      this.giveUp(index);
    });
  }

  private giveUp(worker: number): void {
    if (this.workers[worker] === null) return;
    this.workers[worker] = null;
    const left = this.workers.filter((other) => other !== null).length;
    console.warn(
      `@sluice/backend-wasm: a worker thread has ended or hangs; ${left} of ${this.workers.length} are left. ` +
        'Results are not affected.',
    );
  }
}
