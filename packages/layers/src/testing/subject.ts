import type { Tolerances } from '@sluice/conformance';

/** How layers run on a backend: by Sluice's kernels, or by TensorFlow.js operations where there are none. */
export type Path = 'kernels' | 'operations';

/** The TensorFlow.js backend under test, which is current while the tests run. */
export interface Subject {
  readonly tolerances: Tolerances;
  readonly path: Path;
}

/** Declares a concern's tests; the subject's backend is current once they run. */
export type Suite = (subject: Subject) => void;
