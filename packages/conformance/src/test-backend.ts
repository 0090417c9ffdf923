import type { Backend } from '@sluice/core/backend';
import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceReport, makeReport, reportText } from './report.js';
import { suites } from './suites/index.js';
import { leaksSuite } from './suites/leaks.js';
import type { Subject } from './suites/subject.js';
import { type CellShare, checkCellShare, checkTier, type Tier } from './tier.js';
import { type Tolerances, type TolerancesName, tolerances } from './tolerances.js';
import { WorstErrors } from './worst-errors.js';

export interface BackendUnderTest<Buffer, Instance> {
  /** Under which the tests are listed. */
  readonly name: string;
  /** Makes the backend; called before the first test, and by tests that need a second instance. */
  readonly create: () => (Instance & Backend<Buffer>) | Promise<Instance & Backend<Buffer>>;
  /** Frees what an instance holds: threads, a device. Called once for each that `create` has made. */
  readonly destroy?: (backend: Instance) => void | Promise<void>;
  /** The device whose tolerances hold, or tolerances of its own. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
  /**
   * How many buffers exist that the backend has made and not freed, or how many bytes they have. With it the suite
   * checks that calls whose buffers are released leave none behind.
   */
  readonly liveBuffers?: (backend: Instance) => number;
  /** Called with the report after the last test. Default: prints it in a few lines. */
  readonly onReport?: (report: ConformanceReport) => void | Promise<void>;
  /**
   * Which cases run. Default `full`: all of them; `quick` takes about a third of the time, as each shape runs on one cell in
   * six.
   */
  readonly tier?: Tier;
  /**
   * Which cells the suites test that test every cell. Default `all`; with two devices of a backend, `first half` on one and
   * `second half` on the other test every cell once in half the time.
   */
  readonly cells?: CellShare;
}

/**
 * Declares the tests that every backend passes, for one backend. Call it at the top of a Vitest test file.
 *
 * Nothing in it depends on Node, so it runs in Vitest's browser mode too.
 */
export function testBackend<Buffer, Instance>(given: BackendUnderTest<Buffer, Instance>): void {
  const { name, create, destroy, liveBuffers, onReport = print, tier = 'full', cells = 'all' } = given;
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
