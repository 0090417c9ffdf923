import type { BackendName } from './backends.js';
import type { ContenderName } from './contenders/catalogue.js';
import type { Profile } from './contenders/kernel-profile.js';
import { WRONG_ABOVE } from './workloads/error.js';
import type { Task } from './workloads/workload.js';

/** Who did what. */
export interface Entry extends Task {
  readonly backend: BackendName;
  readonly threads: number;
  readonly contender: ContenderName;
}

export interface Figures {
  readonly medianMs: number;
  readonly minMs: number;
  /** A quarter of the measurements are below the first, a quarter above the second. */
  readonly quartilesMs: readonly [number, number];
  /** Measurements: single calls, or runs of calls that are too short to be timed alone. */
  readonly runs: number;
  /**
   * The median of the calls of each round that it took part in, from the first. Round `i` of all results of a series was
   * measured at the same time, so ratios of these are free of what changes from minute to minute.
   */
  readonly roundsMs: readonly number[];
  /** Against the float64 reference, relative to max(1, |reference|); Infinity when a number is missing. */
  readonly maxError: number;
  /** From loading the library to the first result, see `Checked`. */
  readonly firstMs: number;
  /** Kernel calls or dispatches of one call. */
  readonly kernels: number;
  /** Floating point operations of the matrix products of one call, see `flopsOf`. */
  readonly flops: number;
  /** Where the time goes, when that was asked for. */
  readonly profile?: Profile;
}

export type Measured = Entry & Figures;
export type Skipped = Entry & { readonly skipped: string };
export type Result = Measured | Skipped;

export const isMeasured = (result: Result): result is Measured => !('skipped' in result);

/** Whether a result is too far from the reference to be rounding; it is then not ranked. */
export const isWrong = ({ workload, maxError }: Measured): boolean => !(maxError <= WRONG_ABOVE[workload]);

/** All that was found out about one task. */
export interface TaskReport {
  readonly task: Task;
  readonly results: readonly Result[];
  /** What a reader must know to judge the comparison. */
  readonly notes: readonly string[];
  /** Which part of the results was compared with the reference; absent when nothing was. */
  readonly covers?: string;
}
