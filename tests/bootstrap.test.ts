import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testSeed, testTier } from '../scripts/tier.mjs';
import { filesBelow, readManifest, root, workspacePackages } from './workspace.js';

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

describe('npm start and npm test name a missing requirement in one line', () => {
  test.each([
    ['run-app.mjs', ['classify', 'train']],
    ['test.mjs', []],
  ])('%s: an old Node', (script, args) => {
    const manifest = { ...readManifest('.'), engines: { node: '>=99.1' } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const { status, lines } = runScript(script, args);
    expect(status).toBe(1);
    expect(lines).toEqual([
      `sluice: Node ${process.versions.node} is too old; Sluice needs Node 99.1 or newer (nodejs.org).`,
    ]);
  });

  test('an unknown tier of tests', () => {
    const { status, lines } = runScript('test.mjs', [], { SLUICE_TESTS: 'slow' });
    expect(status).toBe(1);
    expect(lines).toEqual(["sluice: SLUICE_TESTS is 'slow'; set it to 'quick' or 'full', or unset it."]);
  });

  test('no answer from the registry', () => {
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

  test('counts a file that does not load and a package without a report as failures', () => {
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

test('the slowest test files have paths in the repository', () => {
  const file = (path: string, seconds: number) => ({
    name: `/elsewhere/packages/a/${path}`,
    status: 'passed',
    assertionResults: [],
    startTime: 5000,
    endTime: 5000 + 1000 * seconds,
  });
  writeReport('apps/b', 1, 0);
  writeReport('packages/a', 3, 0, [
    file('tests/quick.test.ts', 0.26),
    file('tests/slow.test.ts', 61),
    file('tests/loops/steps.test.ts', 7),
  ]);
  const source =
    "import { slowestFiles, sumReports } from './scripts/test-report.mjs'; " +
    'console.log(slowestFiles(sumReports().files, 2).join(String.fromCharCode(10)))';
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], options);
  expect(stdout.trimEnd().split('\n')).toEqual([
    '   61.0 s  packages/a/tests/slow.test.ts',
    '    7.0 s  packages/a/tests/loops/steps.test.ts',
  ]);
});

describe('the tier of the tests', () => {
  test('is quick unless the environment names another', () => {
    expect(testTier({})).toBe('quick');
    expect(testTier({ SLUICE_TESTS: '' })).toBe('quick');
    expect(testTier({ SLUICE_TESTS: 'full' })).toBe('full');
    expect(() => testTier({ SLUICE_TESTS: 'Full' })).toThrow(RangeError);
  });

  test('comes with a seed, 0 unless the environment names another', () => {
    expect(testSeed({})).toBe(0);
    expect(testSeed({ SLUICE_SEED: '19437261544' })).toBe(19437261544);
    for (const seed of ['-1', '1.5', 'x', '99999999999999999999']) {
      expect(() => testSeed({ SLUICE_SEED: seed })).toThrow(/SLUICE_SEED is/);
    }
  });

  test('is part of turbo’s cache key of packages that read it', () => {
    const folders = [...workspacePackages.map(({ folder }) => folder), 'tests'];
    const asks = (name: string) => /scripts\/tier\.mjs'/.test(readFileSync(name, 'utf8'));
    const asking = folders.filter(
      (each) => filesBelow(each, ['.test.ts', 'vitest.config.ts']).filter(asks).length > 0,
    );
    const keyed = folders.filter((each) => {
      const config = join(root, each, 'turbo.json');
      return existsSync(config) && /"SLUICE_TESTS"/.test(readFileSync(config, 'utf8'));
    });
    expect(asking.length).toBeGreaterThan(3);
    expect(keyed).toEqual(asking);
  });
});
