import { type Tolerances, type TolerancesName, tolerances } from '@sluice/conformance';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';
import type { Path, Subject } from './subject.js';
import { suites } from './suites/index.js';

export interface LayersUnderTest {
  /** The name of a TensorFlow.js backend. */
  readonly backend: string;
  /**
   * How the layers run there: by Sluice's `kernels`, or by TensorFlow.js's `operations` where the backend has none. The suite
   * fails where it is the other way.
   */
  readonly path: Path;
  /** The device whose tolerances hold, or tolerances of its own. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
  /** What comes before `tf.setBackend`, such as an import that registers the backend. */
  readonly setUp?: () => unknown;
}

/** As long as a test may take: on some devices the first use of a kernel takes seconds. */
const TIMEOUT = 60_000;

/**
 * Declares the tests that layers pass on every TensorFlow.js backend, for one backend. Call it at the top of a Vitest test file.
 *
 * Expected numbers come from core's float64 reference with the layers' weights, or are worked out by hand. Nothing depends on
 * Node: the tests also run in a page.
 */
export function testLayers({ backend, path, setUp, ...given }: LayersUnderTest): void {
  const held = given.tolerances ?? 'cpu';
  const subject: Subject = { path, tolerances: typeof held === 'string' ? tolerances[held] : held };
  describe(`layers on ${backend}, by ${path}`, { timeout: TIMEOUT }, () => {
    beforeAll(async () => {
      await setUp?.();
      // Where a backend cannot start, TensorFlow.js goes on with another.
      if (!(await setBackend(backend)) || getBackend() !== backend) {
        throw new Error(`TensorFlow.js's backend '${backend}' does not start; import it, or do so in setUp.`);
      }
    }, TIMEOUT);
    for (const suite of suites) suite(subject);
  });
}

export type { Path, Tolerances, TolerancesName };
