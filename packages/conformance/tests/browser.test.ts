import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** What `runTests` makes of some tests, in a process of its own: they must not become part of these. */
function outcomeOf(declarations: string): unknown {
  const source = `
import { runTests } from '@sluice/conformance/browser';
import { beforeAll, describe, expect, test } from 'vitest';
const outcome = await runTests(() => { ${declarations} }).catch(({ message }) => message);
console.log(JSON.stringify(outcome));`;
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
  expect(outcomeOf(declarations)).toMatch(/^The tests could not be declared: /);
  expect(outcomeOf(declarations)).toMatch(message);
});
