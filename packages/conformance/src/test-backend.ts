import { afterAll, beforeAll, describe, test } from 'vitest';
import { type ConformanceCase, listCases } from './list-cases.js';
import { failureOf, type Outcome } from './outcome.js';
import { type ConformanceReport, makeReport, reportText } from './report.js';
import { type BackendUnderTest, settingsOf, TestedInstance } from './run-case.js';

/**
 * Declares the conformance tests for one backend. Call it at the top level of a Vitest test file.
 *
 * It does not depend on Node, so it also runs in Vitest's browser mode.
 */
export function testBackend<Buffer, Instance>(given: BackendUnderTest<Buffer, Instance>): void {
  const { name, liveBuffers, onReport = print } = given;
  const settings = settingsOf(given);
  const countsBuffers = liveBuffers !== undefined;
  const cases = listCases(settings.selection).filter(({ suite }) => countsBuffers || suite !== 'leaks');
  const instance = new TestedInstance(given, settings);
  const outcomes = new Map<string, Outcome>();
  describe(`backend ${name}`, () => {
    beforeAll(() => instance.start());
    afterAll(async () => {
      await instance.end();
      const { selection, ...used } = settings;
      const worstErrors = instance.worstErrors.all();
      const facts = { backend: name, ...selection, ...used, countsBuffers, worstErrors };
      await onReport(makeReport(cases, outcomes, facts));
    });
    declare(cases, 0, async (given) => {
      // A case that exceeds Vitest's time limit keeps this outcome.
      outcomes.set(given.id, { message: 'The case did not end.' });
      try {
        await instance.check(given);
        outcomes.set(given.id, 'passed');
      } catch (error) {
        outcomes.set(given.id, failureOf(error));
        throw error;
      }
    });
  });
}

const print = (report: ConformanceReport): void => console.info(reportText(report));

/** Declares cases, in a suite for each title of their paths. Neighbours with the same title are in one suite. */
function declare(
  cases: readonly ConformanceCase[],
  depth: number,
  run: (given: ConformanceCase) => Promise<void>,
): void {
  for (let first = 0; first < cases.length; ) {
    const { path } = cases[first];
    if (path.length === depth + 1) {
      const given = cases[first++];
      test(path[depth], () => run(given));
      continue;
    }
    let end = first + 1;
    while (end < cases.length && cases[end].path.length > depth + 1 && cases[end].path[depth] === path[depth])
      end++;
    const inner = cases.slice(first, end);
    describe(path[depth], () => declare(inner, depth + 1, run));
    first = end;
  }
}
