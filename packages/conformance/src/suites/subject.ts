import type { Backend } from '@sluice/core/backend';
import { type Agreement, expectAgreement, within } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import { expectedForward, expectedGradient, type Problem } from '../problem.js';
import type { Selection } from '../tier.js';
import { type Tolerances, tolerancesFor, type WorstErrors } from '../tolerances.js';

/** The backend under test with its tolerances. */
export interface Subject<Buffer> {
  readonly backend: Backend<Buffer>;
  readonly tolerances: Tolerances;
  /** For the report. */
  readonly worstErrors: WorstErrors;
  /** Runs some work on another instance of the backend and destroys it. */
  withInstance<Result>(work: (other: Backend<Buffer>) => Promise<Result>): Promise<Result>;
  /** The number of the backend's buffers, or their bytes; absent when it is unknown. */
  readonly liveBuffers?: (() => number) | undefined;
}

/** Declares the selected tests of one theme. The subject exists when they run. */
export type Suite = <Buffer>(subject: () => Subject<Buffer>, selection: Selection) => void;

/** Compares outputs, final states and the gradient of a problem with the reference's. */
export async function checkAgainstReference<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  problem: Problem,
  agreement: (tolerance: number) => Agreement = within,
): Promise<void> {
  const { forward, gradient } = tolerancesFor(tolerances, problem.inputs.timesteps);
  expectAgreement(await forwardOn(backend, problem), expectedForward(problem), agreement(forward));
  expectAgreement(await gradientOn(backend, problem), expectedGradient(problem), agreement(gradient));
}
