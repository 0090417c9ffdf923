import type { ConformanceCase } from './list-cases.js';
import { failureOf, type Outcome } from './outcome.js';
import { type ConformanceReport, makeReport } from './report.js';
import { type BackendUnderTest, settingsOf, TestedInstance } from './run-case.js';

/**
 * Runs some cases on a new instance of a backend, one after another, without Vitest.
 *
 * @param cases of `caseById` or `listCases`
 * @throws Error when the backend cannot be created.
 */
export async function runCases<Buffer, Instance>(
  given: BackendUnderTest<Buffer, Instance>,
  cases: readonly ConformanceCase[],
): Promise<ConformanceReport> {
  const { selection, ...settings } = settingsOf(given);
  const instance = new TestedInstance(given, { selection, ...settings });
  const outcomes = new Map<string, Outcome>();
  await instance.start();
  try {
    for (const one of cases) {
      try {
        await instance.check(one);
        outcomes.set(one.id, 'passed');
      } catch (error) {
        outcomes.set(one.id, failureOf(error));
      }
    }
  } finally {
    await instance.end();
  }
  const countsBuffers = given.liveBuffers !== undefined;
  const worstErrors = instance.worstErrors.all();
  const facts = { backend: given.name, ...selection, ...settings, countsBuffers, worstErrors };
  return makeReport(cases, outcomes, { ...facts, chosenByName: true });
}
