import { type Run, readRun, writeRun } from '../report/results-file.js';

// The browser keeps two things between visits: the last run of this page, and its pace. Both are conveniences, so a browser
// that stores nothing, or has no room, is no error.

const RUN = 'sluice-bench-run';
const PACE = 'sluice-bench-pace';
/** One run that was disturbed must not spoil the next estimate. */
const PACES = { least: 0.2, most: 10 };

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Not stored.
  }
}

/** Keeps a run of this browser, in place of an earlier one. */
export const keepRun = (run: Run): void => write(RUN, writeRun(run));

/** The kept run; undefined when there is none that this version can read. */
export function keptRun(): Run | undefined {
  const text = read(RUN);
  if (text === null) return undefined;
  try {
    return readRun(text);
  } catch {
    return undefined;
  }
}

/** Keeps the seconds of a finished run, divided by those that were expected at a pace of 1. */
export const keepPace = (pace: number): void => write(PACE, String(pace));

/** The kept pace; 1 when there is none. */
export function keptPace(): number {
  const pace = Number(read(PACE));
  return pace > 0 ? Math.min(PACES.most, Math.max(PACES.least, pace)) : 1;
}
