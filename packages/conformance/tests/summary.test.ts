import { planFor } from '@sluice/core';
import { expect, test } from 'vitest';
import { variants } from '../src/cells/index.js';
import { listCases } from '../src/list-cases.js';
import { smallestFirst, summaryOf } from '../src/summary.js';

const all = listCases({ tier: 'full', cells: 'all', level: 'training' });
/** The summary when the backend is wrong for the cases with a property. */
function summaryFor(isWrong: (given: (typeof all)[number]) => boolean): string[] {
  const failed = all.filter(isWrong);
  return summaryOf(
    failed,
    all.filter((given) => !isWrong(given)),
    failed.map(({ id, path }) => ({ id, name: path.join(' > '), message: id })),
  );
}

test.each([
  ['a choice', ({ choices }) => choices?.reverse === true, 'have reverse; no passed one has this.'],
  [
    'two choices',
    ({ choices }) => choices?.reverse === true && choices.maskedOutput === 'zero',
    "have padded output 'zero' and reverse; no passed one has all of these.",
  ],
  [
    'a size',
    ({ choices }) => (choices?.shape.units ?? 0) > 100,
    'have units of at least 130; no passed one has this.',
  ],
  [
    'a mask',
    ({ choices }) => choices !== undefined && choices.mask !== 'none',
    'have a mask; no passed one has this.',
  ],
  [
    'a cell',
    ({ choices, cell }) => choices !== undefined && cell === 'gru',
    'have the cell gru; no passed one has this.',
  ],
  [
    'the options of a cell',
    ({ choices, cell }) => choices !== undefined && cell?.startsWith('lstm') === true,
    'have the cell lstm with any options; no passed one has this.',
  ],
  [
    'an option of several cells',
    ({ choices, cell }) => choices !== undefined && cell?.includes('activation gelu') === true,
    'have activation gelu; no passed one has this.',
  ],
  [
    'an operation',
    ({ choices }) =>
      choices !== undefined &&
      planFor(choices.variant.cell, { inputSize: 2, units: 2 }).nodes.some(
        (node) => node.kind === 'operation' && node.name === 'softplus',
      ),
    'have the operation softplus; no passed one has this.',
  ],
  [
    'a width that vectors do not divide',
    ({ choices }) => choices !== undefined && choices.shape.units % 4 !== 0,
    'have units not divisible by 4; no passed one has this.',
  ],
] as [string, (given: (typeof all)[number]) => boolean, string][])(
  'a summary finds what the failures have in common: %s',
  (_, isWrong, sentence) => {
    expect(summaryFor(isWrong).join('\n')).toContain(sentence);
  },
);

test('a summary of failures without a common choice names only their suites', () => {
  let place = 0;
  expect(summaryFor(({ choices }) => choices !== undefined && place++ % 40 === 0)).toEqual([
    expect.stringMatching(/^Failures by suite: agreement \d+(, limits 1)?\.$/),
  ]);
});

test('a summary names the failed tests of other suites, with the number of cells', () => {
  const isWrong = ({ path }: (typeof all)[number]) =>
    path.includes('inputs are not written to') || (path.includes('reversed') && path.includes('gru'));
  expect(summaryFor(isWrong).slice(1)).toEqual([
    `Failed in memory: 'inputs are not written to' ${variants.length} of ${variants.length}.`,
    `Failed in streaming: 'reversed' 1 of ${variants.length}.`,
  ]);
});

test('a summary names the most frequent errors and the arrays with most of the worst numbers', () => {
  const failed = all.slice(0, 20);
  const worst = { index: 0, actual: 1, expected: 0, error: 1 };
  const failures = failed.map(({ id, path }, i) => ({
    id,
    name: path.join(' > '),
    message: i < 3 ? 'Error: not implemented' : 'wrong',
    ...(i >= 3 && { worst: { ...worst, array: `array ${Math.min(i, 12)}` } }),
  }));
  expect(summaryOf(failed, [], failures).slice(1)).toEqual([
    'The most frequent errors: 3 times Error: not implemented',
    'The worst numbers are in: array 12 8, array 3 1, array 4 1, array 5 1, array 6 1, array 7 1, and 4 more.',
  ]);
});

test('one failure has no summary, three have too much in common by chance', () => {
  expect(summaryFor(({ id }) => id === 'agreement/6fb9bdb6')).toEqual([]);
  const few = all.slice(0, 3).map(({ id }) => id);
  expect(summaryFor(({ id }) => few.includes(id))).toEqual(['Failures by suite: agreement 3.']);
});

test('the smallest comparison comes first, cases without sizes last', () => {
  const sorted = smallestFirst(all);
  expect(sorted[0].choices?.shape).toMatchObject({ batch: 0 });
  expect(sorted[sorted.length - 1].choices).toBeUndefined();
});
