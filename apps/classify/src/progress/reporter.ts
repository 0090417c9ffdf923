import type { TrainingObserver } from '../training/run.js';

/** Shows how a run goes. */
export interface Reporter extends TrainingObserver {
  /** The run is over, stopped or has failed: leaves the terminal as it was. */
  end(): void;
}
