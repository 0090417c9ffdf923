import type { Prepared } from '../contenders/contender.js';

/** A clock with steps of 5 µs, as in isolated pages, measures a call of this length within a twentieth. */
const SHORTEST_CALL_MS = 0.1;
/** Shorter calls are timed in groups. A group lasts about this many times the shortest call … */
const GROUP = 10;
/** … and has at most this many calls. */
const LARGEST_GROUP = 1000;
/** The shortest call that is timed alone lasts this many steps of the clock. */
const CLOCK_STEPS = 20;

/** Times the calls of one contender. */
export class CallTimer {
  /** The number of calls that are timed as one, from the time of the last ones. */
  private group = 1;

  /** @param shortestMs a shorter call is timed in a group, so that the steps of the clock do not count. */
  constructor(
    private readonly prepared: Prepared,
    private readonly shortestMs = SHORTEST_CALL_MS,
  ) {}

  /**
   * Makes calls one after another until the seconds are over, at least one.
   *
   * @returns the time of each call, in ms; for a group of short calls, their mean.
   */
  async turn(seconds: number): Promise<number[]> {
    const durations: number[] = [];
    const end = performance.now() + seconds * 1000;
    let now: number;
    do {
      const { group } = this;
      const start = performance.now();
      for (let i = 0; i < group; i++) await this.prepared.run();
      now = performance.now();
      const duration = (now - start) / group;
      durations.push(duration);
      const wanted = Math.min(LARGEST_GROUP, Math.ceil((GROUP * this.shortestMs) / duration));
      this.group = duration < this.shortestMs ? wanted : 1;
    } while (now < end);
    return durations;
  }
}

/** The shortest call, in ms, that this clock can time alone. Pages that are not isolated have steps of 0.1 ms or 1 ms. */
export function shortestCallMs(): number {
  let step = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    step = Math.min(step, after - before);
  }
  return Math.max(SHORTEST_CALL_MS, CLOCK_STEPS * step);
}
