import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ConformanceCase } from '../src/list-cases.js';
import type { Outcome } from '../src/outcome.js';
import { isNonconforming, makeReport, reportJson, reportText } from '../src/report.js';
import { tolerances, WorstErrors } from '../src/tolerances.js';
import { version } from '../src/version.js';

/** Cases by their ids, and the outcomes of those that ran. */
function run(outcomes: Readonly<Record<string, Outcome | undefined>>) {
  const cases = Object.keys(outcomes).map(
    (id): ConformanceCase => ({ id, suite: 'any', path: ['any', id], level: 'inference', check: () => {} }),
  );
  const known = Object.entries(outcomes).filter(
    (entry): entry is [string, Outcome] => entry[1] !== undefined,
  );
  return [cases, new Map(known)] as const;
}
const failed: Outcome = { message: '7 of 9 numbers are wrong' };
const allPassed = run({ a: 'passed', b: 'passed', c: 'passed' });
const found = {
  backend: 'mine',
  tier: 'full',
  cells: 'all',
  level: 'training',
  seed: 0,
  tolerances: tolerances.cpu,
  countsBuffers: false,
  worstErrors: [],
} as const;

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(version).toBe(manifest.version);
});

describe('a report', () => {
  test('of fewer cells with random equations is that of a partial run', () => {
    const { conforming, reasons } = makeReport(...allPassed, { ...found, randomCells: 150 });
    expect(conforming).toBe(false);
    expect(reasons).toEqual(['only 150 of 300 cells with random equations were selected']);
    expect(makeReport(...allPassed, { ...found, randomCells: 300 }).conforming).toBe(true);
  });

  test('counts cases and has the failures with id, name and message', () => {
    const report = makeReport(
      ...run({ a: 'passed', b: 'passed', c: failed, d: undefined, e: undefined }),
      found,
    );
    expect(report).toMatchObject({ passed: 2, failed: 1, notRun: 2, conforming: false });
    expect(report.reasons).toEqual(['1 test failed', '2 tests did not run']);
    expect(report.failures).toEqual([{ id: 'c', name: 'any > c', message: '7 of 9 numbers are wrong' }]);
  });

  test('is good when every test has passed, with the tolerances of a device or narrower ones', () => {
    for (const given of [...Object.values(tolerances), { forward: 1e-7, gradient: 1e-7 }]) {
      const report = makeReport(...allPassed, { ...found, tolerances: given });
      expect(report).toMatchObject({ suite: version, conforming: true, reasons: [], passed: 3 });
    }
  });

  test("compares with the tolerances of Sluice's backend of that name, and says so", () => {
    const facts = { ...found, backend: 'cpu', tolerances: tolerances.webgpu };
    const report = makeReport(...allPassed, facts);
    expect(report.reasons[0]).toBe(
      "the forward tolerance is 0.00001, wider than the suite's 0.000002 for the backend cpu",
    );
    expect(isNonconforming(report)).toBe(true);
    expect(reportText(report)).toContain('the suite allows the backend cpu 0.000002, 0.00002;');
  });

  test.each([
    ['forward', { forward: 2e-5, gradient: 1e-4 }, 'the forward tolerance is 0.00002, wider than the suite'],
    ['gradient', { forward: 1e-5, gradient: 1 }, 'the gradient tolerance is 1, wider than the suite'],
    [
      'forward',
      { forward: Number.NaN, gradient: 1e-4 },
      'the forward tolerance is NaN, wider than the suite',
    ],
  ])('with a wider %s tolerance says that the backend is not conforming', (_, given, reason) => {
    const report = makeReport(...allPassed, { ...found, tolerances: given });
    expect(report.conforming).toBe(false);
    expect(report.reasons).toEqual([expect.stringContaining(reason)]);
    expect(reportText(report)).toContain('not conforming');
  });

  test('of the quick tests says that the backend is not conforming', () => {
    const report = makeReport(...allPassed, { ...found, tier: 'quick' });
    expect(report).toMatchObject({ conforming: false, reasons: ['only the quick tests were selected'] });
  });

  test('of a partial run without a failure has no verdict, but names its seed', () => {
    const report = makeReport(...run({ a: 'passed', b: undefined }), { ...found, seed: 7 });
    expect(reportText(report)).toMatch(
      /backend mine: a partial run: 1 test did not run\.\n1 test passed, .*; seed 7\.$/m,
    );
    const broken = makeReport(...run({ a: failed, b: undefined }), found);
    expect(reportText(broken)).toMatch(/not conforming: 1 test failed; 1 test did not run/);
  });

  test('of half of the cells says that the backend is not conforming', () => {
    const { conforming, reasons } = makeReport(...allPassed, { ...found, cells: 'first half' });
    expect({ conforming, reasons }).toEqual({
      conforming: false,
      reasons: ['only the first half of the cells was selected'],
    });
  });

  test('of cases chosen by name says that it is a partial run', () => {
    const report = makeReport(...allPassed, { ...found, chosenByName: true });
    expect(report).toMatchObject({ conforming: false, reasons: ['only some cases were selected'] });
    expect(reportText(report)).toContain('a partial run: only some cases were selected.');
  });

  test('of inference alone says so', () => {
    const report = makeReport(...allPassed, { ...found, level: 'inference' });
    expect(report.conforming).toBe(true);
    expect(reportText(report)).toContain('backend mine: conforming for inference.');
  });

  test('prints five failures with their ids, and the number of the others', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const text = reportText(makeReport(...run(Object.fromEntries(ids.map((id) => [id, failed]))), found));
    expect(text).toContain('- e  any > e\n  7 of 9 numbers are wrong\n- and 2 more\n');
  });

  test('prints the smallest failure of each suite first', () => {
    const ids = ['rows/1', 'rows/2', 'rows/3', 'rows/4', 'rows/5', 'memory/1', 'memory/2', 'plans/1'];
    const text = reportText(makeReport(...run(Object.fromEntries(ids.map((id) => [id, failed]))), found));
    expect(text.match(/^- \w+\/\d/gm)).toEqual([
      '- rows/1',
      '- memory/1',
      '- plans/1',
      '- rows/2',
      '- rows/3',
    ]);
  });

  test('says why the run stopped, and which failed case passes alone', () => {
    const outcomes = run({ a: { ...failed, passesAlone: true }, b: undefined });
    const text = reportText(makeReport(...outcomes, { ...found, stopped: 'the run stopped' }));
    expect(text).toContain('not conforming: 1 test failed; 1 test did not run; the run stopped.');
    expect(text).toContain('\n  It passes when it runs alone, so the fault depends on earlier calls.\n');
  });

  test('as JSON has numbers that are not finite as texts', () => {
    const worst = { array: 'x', index: 0, actual: Number.NaN, expected: 1, error: Infinity };
    const report = makeReport(...run({ a: { message: 'wrong', worst } }), found);
    const [failure] = JSON.parse(reportJson(report)).failures;
    expect(failure.worst).toEqual({ ...worst, actual: 'NaN', error: 'Infinity' });
  });

  test('in words names suite, backend, verdict, tolerances and the cells with the largest errors', () => {
    const worstErrors = [
      { cell: 'gru', forward: 1.23e-6, gradient: 2e-6 },
      { cell: 'lstm', forward: 1e-6, gradient: 3.21e-6 },
    ];
    const report = makeReport(...allPassed, { ...found, worstErrors });
    expect(reportText(report)).toBe(
      [
        `@sluice/conformance ${version}, backend mine: conforming.`,
        '3 tests passed, 0 failed, 0 did not run; live buffers were not counted.',
        'Tolerances: forward 0.000002, gradient 0.00002; the suite allows any backend 0.00001, 0.0001; largest errors: forward 1.2e-6 (gru), gradient 3.2e-6 (lstm).',
      ].join('\n'),
    );
  });
});

test('the largest errors are relative above 1, kept for each cell and direction', () => {
  const errors = new WorstErrors();
  errors.note('gru', 'forward', [{ h: [1.5, 10] }, { h: [1, 8] }], 1);
  errors.note('gru', 'forward', [{ h: [0.1] }, { h: [0] }], 1);
  errors.note('gru', 'gradient', [{ x: [3] }, { x: [1] }], 4);
  errors.note('lstm', 'gradient', [{ x: [Number.NaN] }, { x: [1] }], 1);
  expect(errors.all()).toEqual([
    { cell: 'gru', forward: 0.5, gradient: 0.5 },
    { cell: 'lstm', forward: 0, gradient: Infinity },
  ]);
});
