import { type Run, readRun, writeRun } from '../report/results-file.js';

// The browser keeps two things between visits: the last run of this page, and its pace. Both are conveniences, so a browser
// that stores nothing, or has no room, is no error.

const RUN = 'sluice-bench-run';
const PACE = 'sluice-bench-pace';
/** One run that was disturbed must not spoil the next estimate. */
const PACES = { least: 0.2, most: 10 };

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Keeps a run of this browser, in place of an earlier one. */
export const keepRun = (run: Run) => attempt(() => localStorage.setItem(RUN, writeRun(run)));

/** The kept run; undefined when there is none that this version can read. */
export const keptRun = () => attempt(() => readRun(localStorage.getItem(RUN) ?? ''));

/** Keeps the seconds of a finished run, divided by those that were expected at a pace of 1. */
export const keepPace = (pace: number) => attempt(() => localStorage.setItem(PACE, String(pace)));

/** The kept pace; 1 when there is none. */
export function keptPace(): number {
  const pace = Number(attempt(() => localStorage.getItem(PACE)));
  return pace > 0 ? Math.min(PACES.most, Math.max(PACES.least, pace)) : 1;
}
