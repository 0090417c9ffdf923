/**
 * A work queue in shared memory: one job at a time, divided into chunks. Any idle thread, the main thread included, takes
 * the next chunk. A worker that is late, asleep or dead only reduces parallelism.
 */

import { MOST_CHUNKS, MOST_WORKERS } from './chunks.js';

/** Indices of 32-bit integers in the queue. */
const TICKET = 0;
const SLEEPERS = 1;
const STOPPED = 2;
const KIND = 3;
const ARGUMENTS = 4;
const ARGUMENT_COUNT = 12;
/** For each chunk: the number of its job, and its state in the two low bits. */
const STATES = ARGUMENTS + ARGUMENT_COUNT;
const OPEN = 0;
const DONE = 1;
const FAILED = 2;

/** The ticket's low bits count the chunks to take. Its high bits count the jobs: no thread takes a chunk of an old job. */
const CHUNK_BITS = 8;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** For each worker: 1 while it runs chunks. */
const BUSY = STATES + MOST_CHUNKS;

export const QUEUE_BYTES = 4 * (BUSY + MOST_WORKERS);

/** A worker checks so many times for a job before it sleeps: about 0.2 ms. */
const CHECKS_BEFORE_SLEEP = 20_000;

/** 32-bit integers: the arguments that all chunks of a job share. */
export type JobArguments = readonly number[];

export class WorkQueue {
  private readonly cells: Int32Array;
  /** The number of the job that was posted last, or whose chunk was taken last. */
  private job = 0;

  constructor(memory: WebAssembly.Memory, address: number) {
    // A view of shared memory stays valid when the memory grows.
    this.cells = new Int32Array(memory.buffer, address, QUEUE_BYTES / 4);
  }

  /** Main thread: posts a job and wakes the workers that sleep. The previous job must be finished. */
  post(kind: number, values: JobArguments, chunks: number): void {
    const { cells } = this;
    cells[KIND] = kind;
    for (let i = 0; i < values.length; i++) cells[ARGUMENTS + i] = values[i];
    this.job = (cells[TICKET] >>> CHUNK_BITS) + 1;
    for (let chunk = 0; chunk < chunks; chunk++) Atomics.store(cells, STATES + chunk, this.state(OPEN));
    Atomics.store(cells, TICKET, (this.job << CHUNK_BITS) | chunks);
    if (Atomics.load(cells, SLEEPERS) > 0) Atomics.notify(cells, TICKET);
  }

  /** Takes a chunk and returns its number, or −1 when none is left. */
  take(): number {
    const { cells } = this;
    for (;;) {
      const ticket = Atomics.load(cells, TICKET);
      const left = ticket & CHUNK_MASK;
      if (left === 0) return -1;
      if (Atomics.compareExchange(cells, TICKET, ticket, ticket - 1) !== ticket) continue;
      this.job = ticket >>> CHUNK_BITS;
      return left - 1;
    }
  }

  /** Main thread: takes all remaining chunks, so that no worker starts another. */
  withdraw(): void {
    while (this.take() >= 0);
  }

  /** Marks the chunk taken last as done or failed. It never marks a chunk of a later job. */
  settle(chunk: number, done: boolean): void {
    Atomics.compareExchange(this.cells, STATES + chunk, this.state(OPEN), this.state(done ? DONE : FAILED));
  }
  isDone(chunk: number): boolean {
    return Atomics.load(this.cells, STATES + chunk) === this.state(DONE);
  }
  /** Whether a chunk is neither done nor failed. */
  isOpen(chunk: number): boolean {
    return Atomics.load(this.cells, STATES + chunk) === this.state(OPEN);
  }
  private state(state: number): number {
    return (this.job << 2) | state;
  }

  /** Worker: says whether it runs chunks. */
  setBusy(worker: number, busy: boolean): void {
    Atomics.store(this.cells, BUSY + worker, busy ? 1 : 0);
  }
  isBusy(worker: number): boolean {
    return Atomics.load(this.cells, BUSY + worker) === 1;
  }

  get kind(): number {
    return this.cells[KIND];
  }
  argument(index: number): number {
    return this.cells[ARGUMENTS + index];
  }

  /** Worker: waits until there may be a chunk to take. Returns false when the worker must end. */
  wait(): boolean {
    const { cells } = this;
    for (let check = 0; ; check++) {
      const ticket = Atomics.load(cells, TICKET);
      if (Atomics.load(cells, STOPPED) === 1) return false;
      if ((ticket & CHUNK_MASK) > 0) return true;
      if (check < CHECKS_BEFORE_SLEEP) continue;
      Atomics.add(cells, SLEEPERS, 1);
      // Does not sleep if the ticket has changed.
      Atomics.wait(cells, TICKET, ticket);
      Atomics.sub(cells, SLEEPERS, 1);
      check = 0;
    }
  }

  /** Main thread: ends all workers. */
  stop(): void {
    Atomics.store(this.cells, STOPPED, 1);
    // The ticket must change, or a worker about to sleep would miss it.
    Atomics.store(this.cells, TICKET, ((this.cells[TICKET] >>> CHUNK_BITS) + 1) << CHUNK_BITS);
    Atomics.notify(this.cells, TICKET);
  }

  /** Main thread: sleeps, except in a browser's window, which may not. */
  pause(milliseconds: number): void {
    try {
      Atomics.wait(this.cells, STOPPED, 0, milliseconds);
    } catch {
      // The window's thread continues at once.
    }
  }
}
