import type { Backend } from '@sluice/core';
import { beforeAll, describe } from 'vitest';
import { suites } from './suites/index.js';
import type { Subject } from './suites/subject.js';
import { type Tolerances, type TolerancesName, tolerances } from './tolerances.js';

export interface BackendUnderTest<Buffer> {
  /** Under which the tests are listed. */
  readonly name: string;
  /** Makes the backend; called once, before the first test. */
  readonly create: () => Backend<Buffer> | Promise<Backend<Buffer>>;
  /** The device whose tolerances hold, or tolerances of its own. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
}

/**
 * Declares the tests that every backend passes, for one backend. Call it at the top of a Vitest test file.
 *
 * Nothing in it depends on Node, so it runs in Vitest's browser mode too.
 */
export function testBackend<Buffer>(given: BackendUnderTest<Buffer>): void {
  const held = given.tolerances ?? 'cpu';
  describe(`backend ${given.name}`, () => {
    let subject: Subject<Buffer>;
    beforeAll(async () => {
      subject = {
        backend: await given.create(),
        tolerances: typeof held === 'string' ? tolerances[held] : held,
      };
    });
    for (const suite of suites) suite(() => subject);
  });
}
