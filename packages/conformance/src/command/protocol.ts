import type { CaseNames } from '../list-cases.js';
import type { Outcome } from '../outcome.js';
import type { Selection } from '../selection.js';
import type { CellErrors, Tolerances } from '../tolerances.js';

/** The data that a worker thread starts with. */
export interface WorkerTask {
  /** The module of the backend. */
  readonly file: string;
  readonly selection: Selection;
  readonly names: CaseNames;
  readonly seed: number;
}

/** A request to a worker: to run a case, or to destroy the backend and end. */
export type Request = { readonly run: string } | { readonly end: true };

/** The backend's name and options, known after its module is loaded. */
export interface BackendFacts {
  readonly backend: string;
  readonly tolerances: Tolerances;
  readonly countsBuffers: boolean;
}

/** An answer of a worker. Every request has one, and the start of a worker has one. */
export type Answer =
  | { readonly ready: BackendFacts }
  | { readonly id: string; readonly outcome: Outcome; readonly worstErrors: readonly CellErrors[] }
  | { readonly ended: true }
  | { readonly endFailure: string }
  | { readonly startFailure: string };
