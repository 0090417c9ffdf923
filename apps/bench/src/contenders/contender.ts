import type { PackagedBackendName } from '@sluice/core/backend';
import type { BackendName } from '../backends.js';
import type { Profile } from '../run/results.js';
import type { CellForm, Task } from '../workloads/workload.js';

/** Whether a contender can do a task. */
export type Ability =
  | {
      /** The form of the cell that it computes; its results are compared with this form's reference. */
      readonly form: CellForm;
      /** Facts that a reader needs to judge the comparison. */
      readonly notes?: readonly string[];
    }
  | { readonly refusal: string };

/** A contender that is set up for one task on one backend. */
export interface Prepared {
  /**
   * Runs the task and returns the outputs for the comparison with the reference. It is also the first warm-up.
   *
   * @param onFirst called after the first result when the check takes several calls.
   */
  check(onFirst?: () => void): Promise<CheckResult>;
  /** Runs the task once and waits until the device has finished. */
  run(): Promise<unknown>;
  /** Present for `train`: runs the task for about as many seconds with a timer around every kernel. */
  profile?(seconds: number): Promise<Profile>;
}

export interface CheckResult {
  /** `forward`: the sequence `[B, T, U]`. `gradient`: of `x` and of each weight in the cell's order. `train`: the losses.
   * `step`: the outputs of successive calls as a sequence. */
  readonly outputs: Float32Array[];
  /** Kernel calls or dispatches that one run takes. */
  readonly kernels: number;
}

/** A library to be measured. Loads nothing before `prepare`. */
export interface Contender {
  /** The kind of its own backend; absent when it runs on the backends of TensorFlow.js and Sluice. */
  readonly ownBackend?: PackagedBackendName;
  ability(task: Task, backend: BackendName): Ability;
  prepare(task: Task, form: CellForm, backend: BackendName): Promise<Prepared>;
}
