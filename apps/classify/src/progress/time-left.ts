import type { BatchProgress } from '../training/epoch.js';
import type { RunDescription } from '../training/run.js';

/** Estimates when a run will be over, from the pace so far. */
export class TimeLeft {
  private readonly started: number;
  private readonly firstEpoch: number;
  private readonly epochs: number;

  /** @param now milliseconds, any origin. */
  constructor(run: RunDescription, now: number) {
    this.started = now;
    this.firstEpoch = run.finishedEpochs + 1;
    this.epochs = run.settings.epochs;
  }

  /** Seconds left until the last epoch is over, validation between the epochs included once one has been done. */
  seconds({ epoch, batch, batches }: BatchProgress, now: number): number {
    const done = (epoch - this.firstEpoch) * batches + batch;
    const left = (this.epochs - epoch + 1) * batches - batch;
    return ((now - this.started) / 1000 / done) * left;
  }
}

/** A duration for people: 8 s, 3 min 05 s, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}
