import type { Backend } from '@sluice/core';
import type { Tolerances } from '../tolerances.js';

/** The backend under test with the tolerances it is held to. */
export interface Subject<Buffer> {
  readonly backend: Backend<Buffer>;
  readonly tolerances: Tolerances;
}

/** Registers a concern's tests; the subject exists once they run. */
export type Suite = <Buffer>(subject: () => Subject<Buffer>) => void;
