import type { Prepared } from '../contenders/contender.js';

/** A clock that moves in steps of 5 µs, as in browsers, is a twentieth off for a call as long as this; … */
const SHORTEST_CALL_MS = 0.1;
/** … shorter ones are timed in runs of about this length. */
const RUN_MS = 1;
const LONGEST_RUN = 1000;

/** Times the calls of one contender. */
export class CallTimer {
  /** Calls that are timed together, by what the last ones took. */
  private together = 1;

  constructor(private readonly prepared: Prepared) {}

  /**
   * Calls one after another until the seconds are over, at least once.
   * @returns what each call took, in ms; for a run of short calls, what one of them took on average.
   */
  async turn(seconds: number): Promise<number[]> {
    const durations: number[] = [];
    const end = performance.now() + seconds * 1000;
    let now: number;
    do {
      const { together } = this;
      const start = performance.now();
      for (let i = 0; i < together; i++) await this.prepared.run();
      now = performance.now();
      const duration = (now - start) / together;
      durations.push(duration);
      this.together = duration < SHORTEST_CALL_MS ? Math.min(LONGEST_RUN, Math.ceil(RUN_MS / duration)) : 1;
    } while (now < end);
    return durations;
  }
}
