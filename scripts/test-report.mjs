import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pnpm.mjs';

/** @typedef {{ path: string, seconds: number }} TestFile */

/** A package's Vitest report, below the package's folder; turbo keeps it as an output, so cached packages count too. */
const report = join('coverage', 'vitest.json');

/** Folders of all packages that have tests, relative to the root. */
export function testedPackages() {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  );
  return [...folders, 'tests'].filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/** Removes the reports of earlier runs: one that is there afterwards is this run's, or the cache's for the same inputs. */
export function removeReports() {
  for (const folder of testedPackages()) rmSync(join(root, folder, report), { force: true });
}

/**
 * Sums the reports of all packages, names what failed and says how long each file took.
 *
 * @returns {{ passed: number, failed: number, skipped: number, problems: string[], files: TestFile[] }}
 */
export function sumReports() {
  const sum = {
    passed: 0,
    failed: 0,
    skipped: 0,
    problems: /** @type {string[]} */ ([]),
    files: /** @type {TestFile[]} */ ([]),
  };
  for (const folder of testedPackages()) {
    const path = join(root, folder, report);
    if (!existsSync(path)) {
      sum.failed += 1;
      sum.problems.push(`${folder}: no test report; its tests or a package it needs did not run`);
      continue;
    }
    addReport(sum, folder, JSON.parse(readFileSync(path, 'utf8')));
  }
  return sum;
}

/** @param {ReturnType<typeof sumReports>} sum @param {string} folder @param {any} results */
function addReport(sum, folder, results) {
  sum.passed += results.numPassedTests;
  sum.failed += results.numFailedTests;
  sum.skipped += results.numPendingTests + results.numTodoTests;
  for (const file of results.testResults) {
    sum.files.push({ path: pathOf(folder, file.name), seconds: (file.endTime - file.startTime) / 1000 });
    const failures = file.assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
    for (const test of failures) sum.problems.push(`${folder}: ${test.fullName}`);
    // A file that cannot be loaded has no tests to count.
    if (file.status === 'failed' && failures.length === 0) {
      sum.failed += 1;
      sum.problems.push(`${folder}: ${file.name}: ${file.message}`);
    }
  }
}

/** A test file's path, relative to the root. A cached report names it where it ran, which may be in another clone. */
function pathOf(/** @type {string} */ folder, /** @type {string} */ name) {
  const [inPackage] = name
    .replaceAll('\\', '/')
    .split(`/${folder.replaceAll('\\', '/')}/`)
    .slice(-1);
  return join(folder, /** @type {string} */ (inPackage));
}

/**
 * The files that took longest, a line each, the slowest first.
 *
 * @param {TestFile[]} files
 * @param {number} count
 */
export function slowestFiles(files, count) {
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, count);
  return slowest.map(({ path, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`);
}
