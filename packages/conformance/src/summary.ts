import { commonTraits } from './failure-traits.js';
import type { ConformanceCase } from './list-cases.js';
import type { CaseFailure } from './outcome.js';

/**
 * What failures have in common, in sentences: the suites, the properties that all failed comparisons with the reference have and
 * few passed ones, the failed tests of the other suites, the errors, and the arrays with the worst numbers.
 */
export function summaryOf(
  failed: readonly ConformanceCase[],
  passed: readonly ConformanceCase[],
  failures: readonly CaseFailure[],
): string[] {
  if (failed.length < 2) return [];
  return [
    `Failures by suite: ${formatCounts(failed.map(({ suite }) => suite))}.`,
    ...commonTraits(failed, passed),
    ...failedTitles(failed, passed),
    ...thrownErrors(failures),
    ...worstArrays(failures),
  ];
}

/** The different names with their counts, the most frequent first. */
function countNames(names: readonly string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return [...found].sort(([, a], [, b]) => b - a);
}

const formatCounts = (names: readonly string[]): string =>
  countNames(names)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** A sentence names at most this many titles of a suite, or errors. */
const MOST_NAMED = 3;

/** A sentence names at most this many arrays. */
const MOST_ARRAYS = 6;

/**
 * Per suite, the titles that most cases failed, with the number of cells: `memory: 'inputs are not written to' 5 of 116`. Nothing
 * where every title failed, and for comparisons with the reference, whose titles are choices that other sentences sum up.
 */
function failedTitles(failed: readonly ConformanceCase[], passed: readonly ConformanceCase[]): string[] {
  const titled = failed.filter(({ choices }) => choices === undefined);
  return countNames(titled.map(({ suite }) => suite)).flatMap(([suite]) => {
    const titles = countNames(titlesOf(titled, suite));
    const passedTitles = titlesOf(passed, suite);
    const all = new Set([...titles.map(([title]) => title), ...passedTitles]);
    if (titles.length === all.size && titles.length > 1) return [];
    const named = titles.map(([title, count]) => {
      const total = count + passedTitles.filter((one) => one === title).length;
      return `'${title}' ${count} of ${total}`;
    });
    return `Failed in ${suite}: ${formatFirst(named, MOST_NAMED)}.`;
  });
}

/** The first names, and how many more there are. */
const formatFirst = (names: readonly string[], most: number): string =>
  [...names.slice(0, most), ...(names.length > most ? [`and ${names.length - most} more`] : [])].join(', ');

const titlesOf = (cases: readonly ConformanceCase[], suite: string): string[] =>
  cases.filter((given) => given.suite === suite).map(({ path }) => path[path.length - 1]);

/** An error is worth naming when at least this share of the failures has it. */
const FREQUENT = 0.1;

/** The most frequent messages of failures that compare no numbers. */
function thrownErrors(failures: readonly CaseFailure[]): string[] {
  const messages = failures
    .filter(({ worst }) => worst === undefined)
    .map(({ message }) => message.split('\n')[0]);
  const named = countNames(messages)
    .filter(([, count]) => count > 1 && count >= FREQUENT * failures.length)
    .slice(0, MOST_NAMED);
  if (named.length === 0) return [];
  return [
    `The most frequent errors: ${named.map(([message, count]) => `${count} times ${message}`).join('; ')}`,
  ];
}

/** The arrays with wrong numbers. */
function worstArrays(failures: readonly CaseFailure[]): string[] {
  const arrays = countNames(failures.flatMap(({ worst }) => worst?.array ?? []));
  if (arrays.length === 0) return [];
  const named = arrays.map(([name, count]) => `${name} ${count}`);
  return [`The worst numbers are in: ${formatFirst(named, MOST_ARRAYS)}.`];
}

/** Cases with the smallest comparisons first, then the cases without sizes. */
export function smallestFirst(cases: readonly ConformanceCase[]): ConformanceCase[] {
  return [...cases].sort((a, b) => workOf(a) - workOf(b));
}

/** About the number of multiplications of a case. */
function workOf({ choices }: ConformanceCase): number {
  if (choices === undefined) return Number.MAX_VALUE;
  const { batch, timesteps, inputSize, units } = choices.shape;
  return batch * timesteps * (inputSize + units) * units;
}
