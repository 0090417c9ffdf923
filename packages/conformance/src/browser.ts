// This subpath of Vitest has the same copy of its runner as `vitest` itself. Another copy would not know the declared tests.
import { startTests } from 'vitest/internal/browser';

export { type ConformanceReport, reportText } from './report.js';
export type { BackendUnderTest } from './run-case.js';
export type { CellShare, Tier } from './selection.js';
export { testBackend } from './test-backend.js';
export type { CellErrors } from './tolerances.js';

export interface TestFailure {
  /** The names of the suites and of the test, joined by ` > `; without the test's name when a suite failed. */
  readonly name: string;
  /** The messages of the errors. */
  readonly messages: readonly string[];
}

/** The results of the tests, as plain data that a page can pass to the program that opened it. */
export interface TestReport {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly TestFailure[];
}

type Runner = Parameters<typeof startTests>[1];
type File = Awaited<ReturnType<typeof startTests>>[number];
type Task = File['tasks'][number];

/** Vitest's defaults for its runner. */
const config: Runner['config'] = {
  root: '/',
  name: undefined,
  setupFiles: [],
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 0, hooks: 'stack', setupFiles: 'parallel' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

/**
 * Runs tests in a page or worker with Vitest's runner, without its server: for pages with their own headers, such as a
 * Content-Security-Policy or cross-origin isolation. Bundle the page's script first.
 *
 * @param declare calls `testBackend`, or `describe` and `test` of Vitest
 * @throws Error when declaring the tests fails or declares none
 */
export async function runTests(declare: () => void | Promise<void>): Promise<TestReport> {
  const [file] = await startTests(['page'], { config, importFile: () => declare() });
  const messages = messagesOf(file);
  if (messages.length > 0) throw new Error(`The tests could not be declared: ${messages.join('; ')}`);
  const report: Sums = { passed: 0, skipped: 0, failures: [] };
  for (const task of file.tasks) addTask(report, task, []);
  return report;
}

interface Sums {
  passed: number;
  skipped: number;
  failures: TestFailure[];
}

function addTask(report: Sums, task: Task, outer: readonly string[]): void {
  const path = [...outer, task.name];
  const messages = messagesOf(task);
  if (task.type === 'suite') {
    // A hook failed, so the tests of the suite did not run.
    if (messages.length > 0) report.failures.push({ name: path.join(' > '), messages });
    for (const inner of task.tasks) addTask(report, inner, path);
  } else if (task.result?.state === 'pass') report.passed += 1;
  else if (task.result?.state === 'fail') report.failures.push({ name: path.join(' > '), messages });
  else report.skipped += 1;
}

function messagesOf({ result }: Pick<Task, 'result'>): string[] {
  return (result?.errors ?? []).map(({ message }) => message);
}
