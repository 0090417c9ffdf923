import type { Backend } from '@sluice/core/backend';
import type { Case } from '../cases.js';
import type { Variant } from '../cells/index.js';
import { type Agreement, expectAgreement, within } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import { expectedForward, expectedGradient, locationIn, type Problem } from '../problem.js';
import type { Level, Selection } from '../selection.js';
import { type Tolerances, tolerancesFor, type WorstErrors } from '../tolerances.js';

/** The backend under test with its tolerances. */
export interface Subject<Buffer> {
  readonly backend: Backend<Buffer>;
  readonly tolerances: Tolerances;
  /** `inference`: gradients are not computed. */
  readonly level: Level;
  /** For the report. */
  readonly worstErrors: WorstErrors;
  /** Runs some work on another instance of the backend and destroys it. */
  withInstance<Result>(work: (other: Backend<Buffer>) => Promise<Result>): Promise<Result>;
  /** The number of the backend's buffers, or their bytes; absent when it is unknown. */
  readonly liveBuffers?: (() => number) | undefined;
}

/** Checks a backend. @throws Error with a reason when it does not conform. */
export type Check = <Buffer>(subject: Subject<Buffer>) => void | Promise<void>;

/** A case of a suite. */
export interface SuiteCase {
  /** The titles below the suite's: the cell, if there is one, and the checked property. */
  readonly path: readonly string[];
  readonly cell?: string;
  /** Only of cases that compare everything with the reference. */
  readonly choices?: Case;
  /** `training`: the case needs gradients. */
  readonly level: Level;
  readonly check: Check;
}

/** The cases of one theme. */
export interface Suite {
  /** The name in the ids of its cases. */
  readonly name: string;
  readonly title: string;
  cases(selection: Pick<Selection, 'tier' | 'cells' | 'randomCells'>): Iterable<SuiteCase>;
}

/** A case with a cell. */
export const cellCase = (
  variant: Variant,
  title: string,
  check: <Buffer>(subject: Subject<Buffer>, variant: Variant) => void | Promise<void>,
  level: Level = 'inference',
): SuiteCase => ({
  path: [variant.name, title],
  cell: variant.name,
  level,
  check: (subject) => check(subject, variant),
});

/** A case without a cell. */
export const otherCase = (title: string, check: Check, level: Level = 'inference'): SuiteCase => ({
  path: [title],
  level,
  check,
});

/** Compares outputs, final states and, for training, the gradient of a problem with the reference's. */
export async function checkAgainstReference<Buffer>(
  { backend, tolerances, level }: Subject<Buffer>,
  problem: Problem,
  agreement: (tolerance: number) => Agreement = within,
): Promise<void> {
  const { forward, gradient } = tolerancesFor(tolerances, problem.inputs.timesteps);
  const locate = locationIn(problem);
  expectAgreement(await forwardOn(backend, problem), expectedForward(problem), agreement(forward), locate);
  if (level === 'inference') return;
  const gradients = await gradientOn(backend, problem);
  expectAgreement(gradients, expectedGradient(problem), agreement(gradient), locate);
}
