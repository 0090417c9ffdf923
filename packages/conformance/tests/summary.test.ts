import { expect, test } from 'vitest';
import { listCases } from '../src/list-cases.js';
import { smallestFirst, summaryOf } from '../src/summary.js';

const all = listCases({ tier: 'full', cells: 'all', level: 'training' });
/** The summary when the backend is wrong for the cases with a property. */
function summaryFor(isWrong: (given: (typeof all)[number]) => boolean): string[] {
  const failed = all.filter(isWrong);
  return summaryOf(
    failed,
    all.filter((given) => !isWrong(given)),
    failed.map(({ id, path }) => ({ id, name: path.join(' > '), message: 'wrong' })),
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
