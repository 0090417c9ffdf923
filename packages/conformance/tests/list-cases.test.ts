import { expect, test } from 'vitest';
import { caseById, listCases, suiteNames } from '../src/list-cases.js';
import { runCases } from '../src/run-cases.js';
import type { Selection } from '../src/selection.js';
import { ReferenceBackend } from './reference-backend.js';

const everything: Selection = { tier: 'full', cells: 'all', level: 'training' };
const all = listCases(everything);

test('every case has an id of its own, also when only some are listed', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const quick = (['first half', 'second half'] as const).flatMap((cells) =>
    listCases({ ...everything, tier: 'quick', cells }),
  );
  const ids = new Set(all.map(({ id }) => id));
  expect(quick.length).toBeLessThan(0.75 * all.length);
  expect(quick.filter(({ id }) => !ids.has(id))).toEqual([]);
});

test('an id is the same in every version, so that a report stays useful', () => {
  expect(caseById('agreement/6fb9bdb6').path).toEqual([
    'forward and gradient agree with the reference',
    'simpleRnn, no useBias',
    '[1, 1, 1 → 1], mask right-padded, padded output zero, reversed, initial states none, cotangents last state, recurrent dropout',
  ]);
  expect(caseById('rows/19ac7066').path.slice(1)).toEqual(['gru', 'other rows have no effect']);
});

test('runCases runs cases by their ids and reports them', async () => {
  const create = () => new ReferenceBackend();
  const cases = [caseById('agreement/6fb9bdb6')];
  expect(await runCases({ name: 'mine', create }, cases)).toMatchObject({ passed: 1, failed: 0, notRun: 0 });
  const broken = () =>
    Object.assign(create(), {
      forward: () => {
        throw new TypeError('broken');
      },
    });
  const { failures } = await runCases({ name: 'mine', create: broken }, cases);
  expect(failures).toMatchObject([{ id: 'agreement/6fb9bdb6', message: 'TypeError: broken' }]);
});

test('names of suites, cells and cases select', () => {
  const rows = listCases(everything, { suites: ['rows'], cells: ['gru', 'lstm'] });
  expect(rows.map(({ path }) => path.slice(1).join(': '))).toEqual([
    'lstm: other rows have no effect',
    'lstm: each row alone gives the same',
    'gru: other rows have no effect',
    'gru: each row alone gives the same',
  ]);
  expect(listCases(everything, { ids: ['rows/19ac7066'] })).toHaveLength(1);
  expect(new Set(all.map(({ suite }) => suite))).toEqual(new Set(suiteNames));
});

test.each([
  [{ suites: ['row'] }, /^There is no suite 'row'. There are agreement, .*leaks\.$/],
  [{ cells: ['gruu'] }, /^There is no cell 'gruu'. Similar ones are 'gru', .*\.$/],
  [{ ids: ['7'] }, /^There is no case '7'. A report has the ids of cases, such as agreement\/6fb9bdb6\.$/],
])('unknown names are refused: %j', (names, message) => {
  expect(() => listCases(everything, names)).toThrow(message);
});

test('for inference no case needs a gradient', async () => {
  const inference = listCases({ ...everything, level: 'inference' });
  expect(inference.length).toBeGreaterThan(4000);
  expect(inference.filter(({ level }) => level === 'training')).toEqual([]);
});
