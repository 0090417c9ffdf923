import type { BackendName } from '../backends.js';
import type { ContenderName } from '../contenders/catalogue.js';
import type { CheckResult } from '../contenders/contender.js';
import type { Profile } from '../contenders/kernel-profile.js';
import type { Reference } from '../workloads/reference.js';
import type { CellForm, Task } from '../workloads/workload.js';

/** What a lane can be asked to do. `check`, `turn` and `profile` are about what `prepare` has set up. */
export type Request =
  | { readonly kind: 'reference'; readonly task: Task; readonly form: CellForm }
  | {
      readonly kind: 'prepare';
      readonly contender: ContenderName;
      readonly backend: BackendName;
      readonly task: Task;
      readonly form: CellForm;
    }
  | { readonly kind: 'check' }
  | { readonly kind: 'turn'; readonly seconds: number }
  | { readonly kind: 'profile'; readonly seconds: number }
  /** About `seconds` of each run, see `ceilings`. */
  | { readonly kind: 'registerLoop'; readonly backend: BackendName; readonly seconds: number }
  | { readonly kind: 'matrixProduct'; readonly backend: BackendName; readonly seconds: number };

/** What comes back, by the kind of request. */
export interface Replies {
  reference: Reference;
  prepare: null;
  check: Checked;
  /** What each call took, in ms. */
  turn: number[];
  profile: Profile;
  /** GFLOP/s, see `ceilings`. */
  registerLoop: number;
  matrixProduct: number;
}

export interface Checked extends CheckResult {
  /** Milliseconds from the request to prepare to the first result: loading the library, compiling, the first call. */
  readonly firstMs: number;
}

/** What a thread sends back. */
export type Answer = { readonly reply: Replies[Request['kind']] } | { readonly failure: string };

/**
 * Where a contender runs: a thread of its own, which shares nothing with the others and can be ended in the middle of
 * a call.
 */
export interface Lane {
  /** One request at a time. Rejects with what went wrong, also when the lane is stopped meanwhile. */
  ask<R extends Request>(request: R): Promise<Replies[R['kind']]>;
  stop(): void;
}
