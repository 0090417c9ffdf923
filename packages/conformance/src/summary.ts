import type { ConformanceCase } from './list-cases.js';
import type { CaseFailure } from './outcome.js';

/** A property that some cases have. */
interface Trait {
  readonly text: string;
  readonly has: (given: ConformanceCase) => boolean;
}

/** The cases that compare everything with the reference. */
const compared = (cases: readonly ConformanceCase[]) => cases.filter(({ choices }) => choices !== undefined);

/**
 * What failures have in common, in sentences: the suites, the properties that all failed cases have and few passed ones, and
 * the arrays with the worst numbers.
 */
export function summaryOf(
  failed: readonly ConformanceCase[],
  passed: readonly ConformanceCase[],
  failures: readonly CaseFailure[],
): string[] {
  if (failed.length < 2) return [];
  return [
    `Failures by suite: ${counts(failed.map(({ suite }) => suite))}.`,
    ...commonTraits(failed, passed),
    ...worstArrays(failures),
  ];
}

/** How often each name occurs, the most frequent first. */
function counts(names: readonly string[]): string {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  const sorted = [...found].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}

const CHOICES = {
  mask: 'mask',
  maskedOutput: 'padded output',
  reverse: 'reverse',
  timeMajor: 'time-major',
  initialStates: 'initial states',
  cotangents: 'cotangents',
  recurrentDropout: 'recurrent dropout',
} as const;

const SIZES = { batch: 'batch', timesteps: 'timesteps', inputSize: 'input size', units: 'units' } as const;

/** A further property is worth naming when at most this share of the passed cases with the others has it. */
const RARE = 0.7;

/** Fewer failures have too much in common by chance. */
const LEAST = 4;

/** The properties of all failed comparisons with the reference that set them apart from the passed ones. */
function commonTraits(failed: readonly ConformanceCase[], passed: readonly ConformanceCase[]): string[] {
  const wrong = compared(failed);
  if (wrong.length < LEAST) return [];
  let right = compared(passed);
  let traits = traitsOf(wrong).filter(({ has }) => wrong.every(has));
  const named: string[] = [];
  for (;;) {
    const counted = traits.map((trait) => ({ trait, count: right.filter(trait.has).length }));
    const best = counted.reduce<(typeof counted)[number] | undefined>(
      (least, one) => (least === undefined || one.count < least.count ? one : least),
      undefined,
    );
    if (best === undefined || right.length === 0 || best.count > RARE * right.length) break;
    named.push(best.trait.text);
    right = right.filter(best.trait.has);
    traits = traits.filter((trait) => trait !== best.trait);
  }
  if (named.length === 0) return [];
  const others =
    right.length === 0
      ? 'no passed one has'
      : right.length === 1
        ? '1 passed one has'
        : `${right.length} passed ones have`;
  return [
    `All ${wrong.length} failed comparisons with the reference have ${formatAnd(named)}; ${others} ${named.length === 1 ? 'this' : 'all of these'}.`,
  ];
}

/** The properties of the first case, and the range of sizes of all. */
function traitsOf(cases: readonly ConformanceCase[]): Trait[] {
  const [first] = cases;
  return [
    { text: `the cell ${first.cell}`, has: ({ cell }) => cell === first.cell },
    ...Object.entries(CHOICES).map(([key, name]): Trait => {
      const choice = key as keyof typeof CHOICES;
      const value = first.choices?.[choice] ?? false;
      const text = typeof value === 'string' ? `${name} '${value}'` : `${value ? '' : 'no '}${name}`;
      return { text, has: ({ choices }) => (choices?.[choice] ?? false) === value };
    }),
    { text: 'a mask', has: ({ choices }) => choices?.mask !== 'none' },
    ...Object.entries(SIZES).flatMap(([key, name]): Trait[] => {
      const sizeOf = ({ choices }: ConformanceCase) => choices?.shape[key as keyof typeof SIZES] ?? 0;
      const sizes = cases.map(sizeOf);
      const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
      return [
        { text: `${name} of at least ${least}`, has: (given) => sizeOf(given) >= least },
        { text: `${name} of at most ${most}`, has: (given) => sizeOf(given) <= most },
      ];
    }),
  ];
}

const formatAnd = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), names[names.length - 1]].filter((text) => text !== '').join(' and ');

/** The arrays with wrong numbers. */
function worstArrays(failures: readonly CaseFailure[]): string[] {
  const arrays = failures.flatMap(({ worst }) => worst?.array ?? []);
  return arrays.length > 0 ? [`The worst numbers are in: ${counts(arrays)}.`] : [];
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
