import type { TrainingObserver } from '../training/run.js';

/** Where a command writes: standard output for results, standard error for everything else. */
export interface Streams {
  output: { write(text: string): unknown };
  error: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

/** Shows how a run goes. */
export interface Reporter extends TrainingObserver {
  /** The run is over, stopped or has failed: leaves the terminal as it was. */
  end(): void;
}

/** Notices go to standard error, a line each. */
export function noticeTo({ error }: Streams): (message: string) => void {
  return (message) => error.write(`${message}\n`);
}
