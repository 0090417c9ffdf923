import type { Backend } from '@sluice/core/backend';
import { afterAll, beforeAll, describe } from 'vitest';
import { setSeed } from './random.js';
import { type ConformanceReport, makeReport, reportText } from './report.js';
import { suites } from './suites/index.js';
import { leaksSuite } from './suites/memory.js';
import type { Subject } from './suites/subject.js';
import { type CellShare, checkCellShare, checkTier, type Tier } from './tier.js';
import { type Tolerances, type TolerancesName, tolerances, WorstErrors } from './tolerances.js';

export interface BackendUnderTest<Buffer, Instance> {
  /** The name in the list of tests. */
  readonly name: string;
  /** Creates the backend. Called before the first test, and by tests that need a second instance. */
  readonly create: () => (Instance & Backend<Buffer>) | Promise<Instance & Backend<Buffer>>;
  /** Frees an instance's threads or device. Called once for each instance. */
  readonly destroy?: (backend: Instance) => void | Promise<void>;
  /** The tolerances, or the device whose tolerances apply. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
  /**
   * The number of the backend's buffers that are not freed, or their bytes. With it the suite checks that calls leave no
   * buffer after all are released.
   */
  readonly liveBuffers?: (backend: Instance) => number;
  /** Called with the report after the last test. Default: prints it. */
  readonly onReport?: (report: ConformanceReport) => void | Promise<void>;
  /**
   * The cases to run. Default `full`: all. `quick` takes about a third of the time: each shape runs on one cell in six.
   */
  readonly tier?: Tier;
  /**
   * The cells of the suites that test every cell. Default `all`. Two devices of one backend can test the `first half` and
   * the `second half`.
   */
  readonly cells?: CellShare;
  /**
   * Changes every random number of the suite. Default 0: the same numbers in every run. A process has one seed.
   */
  readonly seed?: number;
}

/**
 * Declares the conformance tests for one backend. Call it at the top level of a Vitest test file.
 *
 * It does not depend on Node, so it also runs in Vitest's browser mode.
 */
export function testBackend<Buffer, Instance>(given: BackendUnderTest<Buffer, Instance>): void {
  const {
    name,
    create,
    destroy,
    liveBuffers,
    onReport = print,
    tier = 'full',
    cells = 'all',
    seed = 0,
  } = given;
  setSeed(seed);
  checkTier(tier);
  checkCellShare(cells);
  const held =
    typeof given.tolerances === 'object' ? given.tolerances : tolerances[given.tolerances ?? 'cpu'];
  const worstErrors = new WorstErrors();
  describe(`backend ${name}`, () => {
    let backend: Instance & Backend<Buffer>;
    let subject: Subject<Buffer>;
    beforeAll(async () => {
      backend = await create();
      subject = {
        backend,
        tolerances: held,
        worstErrors,
        withInstance: async (work) => {
          const other = await create();
          try {
            return await work(other);
          } finally {
            await destroy?.(other);
          }
        },
        liveBuffers: liveBuffers && (() => liveBuffers(backend)),
      };
    });
    // biome-ignore lint/correctness/noEmptyPattern: Vitest takes nothing else for the first argument.
    afterAll(async ({}, suite) => {
      if (backend !== undefined) await destroy?.(backend);
      const found = {
        backend: name,
        tier,
        cells,
        seed,
        tolerances: held,
        countsBuffers: liveBuffers !== undefined,
      };
      await onReport(makeReport(suite, { ...found, worstErrors: worstErrors.all() }));
    });
    for (const suite of suites) suite(() => subject, { tier, cells });
    if (liveBuffers) leaksSuite(() => subject, { tier, cells });
  });
}

const print = (report: ConformanceReport): void => console.info(reportText(report));
