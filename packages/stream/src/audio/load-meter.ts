/** What measures time in an audio thread: none of `performance.now` and `Date.now` is there for certain. */
export interface Clock {
  readonly name: 'performance' | 'date' | 'none';
  /** Its smallest step in milliseconds. */
  readonly step: number;
  now(): number;
}

/** The best clock of this thread. Browsers have only `Date.now` in an AudioWorklet, in whole milliseconds. */
export function findClock(
  scope: { performance?: { now?(): number }; Date?: { now(): number } } = globalThis,
): Clock {
  const { performance, Date: date } = scope;
  if (typeof performance?.now === 'function') {
    return { name: 'performance', step: 0, now: () => performance.now?.() ?? 0 };
  }
  if (typeof date?.now === 'function') return { name: 'date', step: 1, now: () => date.now() };
  return { name: 'none', step: 0, now: () => 0 };
}

/** Seconds of audio between two reports, and the most reports of which the load is the mean. */
const [INTERVAL, MOST] = [0.5, 8];

/**
 * Measures which part of a quantum's time its computation takes. A clock of whole milliseconds sees most calls take 0 and some
 * 1; the mean of many is right.
 */
export class LoadMeter {
  /** Per cent of the time that there is; NaN before the first report, and without a clock. */
  load = Number.NaN;
  /** Quanta that took longer than they last, or that are missing. */
  glitches = 0;
  private busy = 0;
  private samples = 0;
  /** The last reports. */
  private readonly reports: number[] = [];
  private count = 0;
  private started = 0;
  private expected = -1;

  constructor(
    private readonly clock: Clock,
    private readonly sampleRate: number,
  ) {}

  /** @param firstSample the number of the quantum's first sample since the audio began. */
  begin(firstSample: number): void {
    if (this.expected >= 0 && firstSample !== this.expected) this.glitches++;
    this.expected = firstSample;
    this.started = this.clock.now();
  }

  /** @returns whether there is a new report. */
  end(length: number): boolean {
    const elapsed = this.clock.now() - this.started;
    // A clock can have shown up to one step too much.
    if (elapsed - this.clock.step > (length / this.sampleRate) * 1000) this.glitches++;
    this.expected += length;
    this.busy += elapsed;
    this.samples += length;
    if (this.samples < INTERVAL * this.sampleRate) return false;
    if (this.clock.name !== 'none') this.report((this.busy / 1000 / (this.samples / this.sampleRate)) * 100);
    this.busy = 0;
    this.samples = 0;
    return true;
  }

  private report(current: number): void {
    this.reports[this.count++ % MOST] = current;
    let sum = 0;
    for (const report of this.reports) sum += report;
    this.load = sum / this.reports.length;
  }
}
