import junit, { type Builder } from 'junit-report-builder';
import { failureText } from '../outcome.js';
import type { FinishedRun } from './run-in-workers.js';

/** In Node the import is the builder itself, unlike its types say. */
const reports = junit as unknown as Builder;

/** A run as JUnit XML for build servers, with a test case for each case. */
export function junitXml({ report, cases, outcomes }: FinishedRun): string {
  const builder = reports.newBuilder();
  const suite = builder.testSuite().name(`@sluice/conformance, backend ${report.backend}`);
  for (const { id, suite: className, path } of cases) {
    const entry = suite
      .testCase()
      .className(className)
      .name(`${path.join(' > ')} (${id})`);
    const outcome = outcomes.get(id);
    if (outcome === undefined) entry.skipped();
    else if (outcome !== 'passed') entry.failure(failureText(outcome));
  }
  return builder.build();
}
