import type { Prepared } from '../contenders/contender.js';

/** A call as long as this is a twentieth off with a clock that moves in steps of 5 µs, as in isolated pages; … */
const SHORTEST_CALL_MS = 0.1;
/** … shorter ones are timed in runs of about ten times that. */
const RUN = 10;
const LONGEST_RUN = 1000;
/** Steps of the clock that the shortest call timed alone takes. */
const STEPS = 20;

/** Times the calls of one contender. */
export class CallTimer {
  /** Calls that are timed together, by what the last ones took. */
  private together = 1;

  /** @param shortestMs a shorter call is timed together with others, so that the clock's steps do not show. */
  constructor(
    private readonly prepared: Prepared,
    private readonly shortestMs = SHORTEST_CALL_MS,
  ) {}

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
      const run = Math.min(LONGEST_RUN, Math.ceil((RUN * this.shortestMs) / duration));
      this.together = duration < this.shortestMs ? run : 1;
    } while (now < end);
    return durations;
  }
}

/** The shortest call that this runtime's clock can time alone: pages that are not isolated have steps of 0.1 ms or 1 ms. */
export function shortestCallMs(): number {
  let step = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    step = Math.min(step, after - before);
  }
  return Math.max(SHORTEST_CALL_MS, STEPS * step);
}
