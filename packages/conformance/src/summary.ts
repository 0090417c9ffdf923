import type { ConformanceCase } from './list-cases.js';
import type { CaseFailure } from './outcome.js';

/** A property that some cases have. */
interface Trait {
  readonly text: string;
  readonly has: (given: ConformanceCase) => boolean;
}

/** The cases whose choices are known. */
const chosen = (cases: readonly ConformanceCase[]) => cases.filter(({ choices }) => choices !== undefined);

/**
 * What failures have in common, in sentences: the suites, the properties that all failed cases have and few passed ones, the
 * arrays with the worst numbers, and the smallest failed case.
 *
 * @param failures of the failed cases, in their order
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
    ...smallest(failed, failures),
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

/** A common property is worth a sentence when at most this share of the passed cases has it. */
const RARE = 0.5;

/** The properties of all failed comparisons with the reference, the most telling first. */
function commonTraits(failed: readonly ConformanceCase[], passed: readonly ConformanceCase[]): string[] {
  const [wrong, right] = [chosen(failed), chosen(passed)];
  if (wrong.length < 2) return [];
  const first = wrong[0].choices as NonNullable<ConformanceCase['choices']>;
  const traits: Trait[] = [
    { text: `cell ${wrong[0].cell}`, has: ({ cell }) => cell === wrong[0].cell },
    ...Object.entries(CHOICES).map(([key, name]): Trait => {
      const choice = key as keyof typeof CHOICES;
      return { text: `${name} ${first[choice]}`, has: ({ choices }) => choices?.[choice] === first[choice] };
    }),
    { text: 'a mask or lengths', has: ({ choices }) => choices?.mask !== 'none' },
    ...Object.entries(SIZES).flatMap(([key, name]): Trait[] => {
      const sizeOf = ({ choices }: ConformanceCase) => choices?.shape[key as keyof typeof SIZES] ?? 0;
      const [least, most] = [Math.min(...wrong.map(sizeOf)), Math.max(...wrong.map(sizeOf))];
      return [
        { text: `${name} of at least ${least}`, has: (given) => sizeOf(given) >= least },
        { text: `${name} of at most ${most}`, has: (given) => sizeOf(given) <= most },
      ];
    }),
  ];
  const common = traits
    .filter(({ has }) => wrong.every(has))
    .map(({ text, has }) => ({ text, others: right.filter(has).length }))
    .filter(({ others }) => others <= RARE * right.length)
    .sort((a, b) => a.others - b.others);
  return common.slice(0, 3).map(({ text, others }) => {
    const rest =
      others === 0 ? 'no case with this passed' : `${others} of the ${right.length} passed cases have it too`;
    return `All ${wrong.length} failed comparisons with the reference have ${text}; ${rest}.`;
  });
}

/** The arrays with wrong numbers. */
function worstArrays(failures: readonly CaseFailure[]): string[] {
  const arrays = failures.flatMap(({ worst }) => worst?.array ?? []);
  return arrays.length > 0 ? [`The worst numbers are in: ${counts(arrays)}.`] : [];
}

/** The smallest failed comparison with the reference and its worst number. */
function smallest(failed: readonly ConformanceCase[], failures: readonly CaseFailure[]): string[] {
  const work = ({ choices }: ConformanceCase) => {
    const { batch, timesteps, inputSize, units } = (choices as NonNullable<typeof choices>).shape;
    return batch * timesteps * (inputSize + units) * units;
  };
  const least = chosen(failed).reduce<ConformanceCase | undefined>(
    (found, one) => (found === undefined || work(one) < work(found) ? one : found),
    undefined,
  );
  if (least === undefined) return [];
  const worst = failures.find(({ id }) => id === least.id)?.worst;
  const number = worst
    ? `; worst number: ${worst.array} at ${worst.place ?? worst.index}, ${worst.actual} instead of ${worst.expected}`
    : '';
  return [`The smallest failed case is ${least.id}, ${least.path.slice(1).join(', ')}${number}.`];
}
