import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readManifest, root } from './workspace.js';

/** A folder with the root's package.json and scripts, and nothing installed. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-bootstrap-'));
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script there; returns its status and the lines of standard error. */
function runScript(script: string, args: string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  const options = { cwd: folder, env, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('scripts', script), ...args], options);
  return { status, stdout, lines: stderr.trim().split('\n') };
}

/** Writes a Vitest report of a package that has the given numbers of tests. */
function writeReport(
  packageFolder: string,
  passed: number,
  failed: number,
  testResults: unknown[] = [],
): void {
  mkdirSync(join(folder, packageFolder, 'coverage'), { recursive: true });
  writeFileSync(join(folder, packageFolder, 'package.json'), '{}');
  const counts = { numPassedTests: passed, numFailedTests: failed, numPendingTests: 0, numTodoTests: 1 };
  writeFileSync(
    join(folder, packageFolder, 'coverage/vitest.json'),
    JSON.stringify({ ...counts, testResults }),
  );
}

describe('npm start and npm test say in one line what is missing', () => {
  test.each([
    ['run-app.mjs', ['classify', 'train']],
    ['test.mjs', []],
  ])('%s: a newer Node', (script, args) => {
    const manifest = { ...readManifest('.'), engines: { node: '>=99.1' } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const { status, lines } = runScript(script, args);
    expect(status).toBe(1);
    expect(lines).toEqual([
      `sluice: Node ${process.versions.node} is too old; Sluice needs Node 99.1 or newer (nodejs.org).`,
    ]);
  });

  test('a registry that answers', () => {
    const { status, lines } = runScript('run-app.mjs', ['classify'], {
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_cache: join(folder, 'cache'),
      npm_config_fetch_retries: '0',
    });
    const { packageManager } = readManifest('.');
    expect(status).toBe(1);
    expect(lines).toEqual([
      `sluice: the npm registry cannot be reached to fetch ${packageManager}; check the network.`,
    ]);
  });
});

describe('the sum of all tests', () => {
  const sum = () => {
    const source =
      "import { sumReports } from './scripts/test-report.mjs'; console.log(JSON.stringify(sumReports()))";
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], options);
    return JSON.parse(stdout);
  };

  test('adds packages, and counts a file that cannot be loaded and a package without a report as failures', () => {
    const failing = { status: 'failed', fullName: 'a state is carried over' };
    writeReport('packages/a', 3, 1, [{ status: 'failed', name: 'a.test.ts', assertionResults: [failing] }]);
    writeReport('packages/b', 4, 0, [
      { status: 'failed', name: 'b.test.ts', message: 'no such module', assertionResults: [] },
    ]);
    writeReport('apps/c', 5, 0);
    mkdirSync(join(folder, 'tests'));
    writeFileSync(join(folder, 'tests/package.json'), '{}');
    const { passed, failed, skipped, problems } = sum();
    expect({ passed, failed, skipped }).toEqual({ passed: 12, failed: 3, skipped: 3 });
    expect(problems).toEqual([
      'packages/a: a state is carried over',
      'packages/b: b.test.ts: no such module',
      'tests: no test report; its tests or a package it needs did not run',
    ]);
  });
});
