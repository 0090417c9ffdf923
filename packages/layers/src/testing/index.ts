import { type Tolerances, type TolerancesName, tolerances } from '@sluice/conformance';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';
import type { Path, Subject, Suite } from './subject.js';
import { dropoutSuite } from './suites/dropout.js';
import { inspectionSuite } from './suites/inspection.js';
import { integersSuite } from './suites/integers.js';
import { leadingPaddingSuite, masksSuite } from './suites/masks.js';
import { memorySuite } from './suites/memory.js';
import { modelsSuite } from './suites/models.js';
import { directionsSuite, emptyBatchSuite, ownCellSuite } from './suites/sequences.js';
import { statesSuite } from './suites/states.js';
import { nonFiniteSuite, trainingSuite } from './suites/training.js';
import { constraintsSuite, savingSuite } from './suites/weights.js';

/** All tests, one suite for each concern. */
const suites: readonly Suite[] = [
  masksSuite,
  leadingPaddingSuite,
  integersSuite,
  statesSuite,
  directionsSuite,
  ownCellSuite,
  emptyBatchSuite,
  dropoutSuite,
  trainingSuite,
  nonFiniteSuite,
  constraintsSuite,
  savingSuite,
  memorySuite,
  modelsSuite,
  inspectionSuite,
];

export interface LayersUnderTest {
  /** The name of a TensorFlow.js backend. */
  readonly backend: string;
  /**
   * How the layers must run there: on Sluice's `kernels`, or on TensorFlow.js's `operations` when the backend has none. The
   * suite fails when they run the other way.
   */
  readonly path: Path;
  /** The name of a device whose tolerances apply, or other tolerances. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
  /** Runs before `tf.setBackend`, for example an import that registers the backend. */
  readonly setUp?: () => unknown;
}

/** The time limit of a test. On some devices the first use of a kernel takes seconds. */
const TIMEOUT_MS = 60_000;

/**
 * Declares the tests of layers for one TensorFlow.js backend; they pass on every backend. Call it at the top of a Vitest test
 * file.
 *
 * Expected numbers come from core's float64 reference with the layers' weights, or are worked out by hand. Nothing depends on
 * Node, so the tests also run in a page.
 */
export function testLayers({ backend, path, setUp, ...options }: LayersUnderTest): void {
  const limits = options.tolerances ?? 'cpu';
  const subject: Subject = { path, tolerances: typeof limits === 'string' ? tolerances[limits] : limits };
  describe(`layers on ${backend}, by ${path}`, { timeout: TIMEOUT_MS }, () => {
    beforeAll(async () => {
      await setUp?.();
      // When a backend cannot start, TensorFlow.js continues with another.
      if (!(await setBackend(backend)) || getBackend() !== backend) {
        throw new Error(
          `TensorFlow.js's backend '${backend}' does not start; import the package that registers it, or do so in setUp.`,
        );
      }
    }, TIMEOUT_MS);
    for (const suite of suites) suite(subject);
  });
}

export type { Path, Tolerances, TolerancesName };
