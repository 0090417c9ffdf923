import type { Backend } from '@sluice/core/backend';
import type { Selection } from '../tier.js';
import type { Tolerances } from '../tolerances.js';
import type { WorstErrors } from '../worst-errors.js';

/** The backend under test with the tolerances it is held to. */
export interface Subject<Buffer> {
  readonly backend: Backend<Buffer>;
  readonly tolerances: Tolerances;
  /** For the report. */
  readonly worstErrors: WorstErrors;
  /** Does some work on another instance of the backend, which is destroyed afterwards. */
  withInstance<Result>(work: (other: Backend<Buffer>) => Promise<Result>): Promise<Result>;
  /** How many buffers of the backend exist, or how many bytes they have; absent where it cannot say. */
  readonly liveBuffers?: (() => number) | undefined;
}

/** Registers a concern's tests, as many as are selected; the subject exists once they run. */
export type Suite = <Buffer>(subject: () => Subject<Buffer>, selection: Selection) => void;
