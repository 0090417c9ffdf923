import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ConformanceReport } from '../src/report.js';

/**
 * What `runTests` makes of some tests, in a process of its own: they must not become part of these.
 * @param result an expression, in place of the report
 */
function outcomeOf(declarations: string, result = 'outcome'): unknown {
  const source = `
import { runTests, testBackend } from '@sluice/conformance/browser';
import { beforeAll, describe, expect, test } from 'vitest';
const kept = [];
const outcome = await runTests(() => { ${declarations} }).catch(({ message }) => message);
console.log(JSON.stringify(${result}));`;
  const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], options);
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

test('tests that pass, fail and are skipped are counted, and failures named with their messages', () => {
  const report = outcomeOf(`
    describe('gru', () => {
      test('passes', () => {});
      describe('inner', () => test('fails late', async () => { throw new Error('7 of 9 numbers are wrong'); }));
      test('fails', () => expect(1).toBe(2));
      test.skip('is skipped', () => {});
    });
    test('alone', async () => {});`);
  expect(report).toEqual({
    passed: 2,
    skipped: 1,
    failures: [
      { name: 'gru > inner > fails late', messages: ['7 of 9 numbers are wrong'] },
      { name: 'gru > fails', messages: [expect.stringContaining('expected 1 to be 2')] },
    ],
  });
});

test('a hook that fails is a failure, although no test of its suite has run', () => {
  const report = outcomeOf(`
    describe('gru', () => {
      beforeAll(() => { throw new Error('no device'); });
      test('never runs', () => {});
    });`);
  expect(report).toEqual({
    passed: 0,
    skipped: 1,
    failures: [{ name: 'gru', messages: ['no device'] }],
  });
});

test.each([
  ['an error of its own', "throw new TypeError('no such cell')", /no such cell/],
  ['no test at all', '', /No test/],
])('declarations with %s are an error', (_, declarations, message) => {
  const outcome = outcomeOf(declarations);
  expect(outcome).toMatch(/^The tests could not be declared: /);
  expect(outcome).toMatch(message);
});

test('testBackend prints a report, or passes it to onReport', () => {
  const [report, text] = outcomeOf(
    `
    const create = () => { throw new Error('no device'); };
    console.info = (text) => kept.push(text);
    testBackend({ name: 'absent', create, onReport: (report) => { kept.push(report); } });
    testBackend({ name: 'lenient', create, tolerances: { forward: 1, gradient: 1 } });`,
    'kept',
  ) as [ConformanceReport, string];
  expect(report).toMatchObject({ backend: 'absent', conforming: false, passed: 0, failed: 0 });
  expect(report.notRun).toBeGreaterThan(4000);
  expect(report.reasons).toEqual([`${report.notRun} tests did not run`]);
  expect(text).toMatch(/backend lenient: not conforming: the forward tolerance is 1, wider than the suite's/);
});
