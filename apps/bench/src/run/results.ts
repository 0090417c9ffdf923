import type { BackendName } from '../backends.js';
import type { ContenderName } from '../contenders/catalogue.js';
import type { Profile } from '../contenders/kernel-profile.js';
import { WRONG_ABOVE } from '../workloads/reference.js';
import type { Task } from '../workloads/workload.js';

/** A task with the contender and the backend that compute it. */
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
  /** The number of measurements: single calls, or groups of calls that are too short to be timed alone. */
  readonly runs: number;
  /**
   * The median of each round, from the first. Round `i` of all results of a series was measured at about the same time, so
   * ratios of these do not contain slow changes of the machine.
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
  /** The time of each kernel, when the run has profiled it. */
  readonly profile?: Profile;
}

export type Measured = Entry & Figures;
export type Skipped = Entry & { readonly skipped: string };
export type Result = Measured | Skipped;

export const isMeasured = (result: Result): result is Measured => !('skipped' in result);

/** Whether the error of a result is larger than rounding. Wrong results are not ranked. */
export const isWrong = ({ workload, maxError }: Measured): boolean => !(maxError <= WRONG_ABOVE[workload]);

/** The results that are compared: measured, and not wrong. */
export const rankedOf = (results: readonly Result[]): Measured[] =>
  results.filter(isMeasured).filter((result) => !isWrong(result));

/** The least median; Infinity of nothing. */
export const fastest = (results: readonly Measured[]): number =>
  Math.min(...results.map(({ medianMs }) => medianMs));

/** GFLOP/s of the matrix products alone, if they took the whole time. */
export const speedOf = ({ flops, medianMs }: Measured): number => flops / medianMs / 1e6;

/** The results of one task. */
export interface TaskReport {
  readonly task: Task;
  readonly results: readonly Result[];
  /** Facts that a reader needs to judge the comparison. */
  readonly notes: readonly string[];
  /** The part of the results that was compared with the reference; absent when nothing was. */
  readonly covers?: string;
}
