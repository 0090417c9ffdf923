import { planFor } from '@sluice/core';
import type { Variant } from './cells/index.js';
import type { ConformanceCase } from './list-cases.js';

/** A property that some cases have. */
interface Trait {
  readonly text: string;
  readonly has: (given: ConformanceCase) => boolean;
}

/** The cases that compare everything with the reference. */
const compared = (cases: readonly ConformanceCase[]) => cases.filter(({ choices }) => choices !== undefined);

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

/** The properties of all failed comparisons with the reference that set them apart from the passed ones, as a sentence. */
export function commonTraits(
  failed: readonly ConformanceCase[],
  passed: readonly ConformanceCase[],
): string[] {
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

/** The properties of the first case, and those of the sizes of all. */
function traitsOf(cases: readonly ConformanceCase[]): Trait[] {
  const [first] = cases;
  return [...cellTraits(first), ...choiceTraits(first), ...sizeTraits(cases)];
}

/** A cell's name is that of its definition, then its options, such as `lstm, peephole`. */
const partsOf = ({ cell }: ConformanceCase): string[] => cell?.split(', ') ?? [];

/** The cell, its definition, its options and its operations. */
function cellTraits(first: ConformanceCase): Trait[] {
  const [definition, ...options] = partsOf(first);
  return [
    { text: `the cell ${first.cell}`, has: ({ cell }) => cell === first.cell },
    { text: `the cell ${definition} with any options`, has: (given) => partsOf(given)[0] === definition },
    ...options.map((option): Trait => ({ text: option, has: (given) => partsOf(given).includes(option) })),
    ...[...operationsOf(first)].map(
      (name): Trait => ({ text: `the operation ${name}`, has: (given) => operationsOf(given).has(name) }),
    ),
  ];
}

const operationsByCell = new WeakMap<Variant, ReadonlySet<string>>();

/** The operations of a case's cell, forward and in the gradient. */
function operationsOf({ choices }: ConformanceCase): ReadonlySet<string> {
  if (choices === undefined) return new Set();
  const { variant } = choices;
  const known = operationsByCell.get(variant);
  if (known !== undefined) return known;
  const { nodes } = planFor(variant.cell, { inputSize: 2, units: 2 });
  const found = new Set(nodes.flatMap((node) => (node.kind === 'operation' ? node.name : [])));
  operationsByCell.set(variant, found);
  return found;
}

function choiceTraits(first: ConformanceCase): Trait[] {
  return [
    ...Object.entries(CHOICES).map(([key, name]): Trait => {
      const choice = key as keyof typeof CHOICES;
      const value = first.choices?.[choice] ?? false;
      const text = typeof value === 'string' ? `${name} '${value}'` : `${value ? '' : 'no '}${name}`;
      return { text, has: ({ choices }) => (choices?.[choice] ?? false) === value };
    }),
    { text: 'a mask', has: ({ choices }) => choices?.mask !== 'none' },
  ];
}

/** The widths of vectors and tiles, at whose multiples kernels often change. */
const WIDTHS = [2, 4, 8, 16];

function sizeTraits(cases: readonly ConformanceCase[]): Trait[] {
  return Object.entries(SIZES).flatMap(([key, name]): Trait[] => {
    const sizeOf = ({ choices }: ConformanceCase) => choices?.shape[key as keyof typeof SIZES] ?? 0;
    const sizes = cases.map(sizeOf);
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    const range: Trait[] =
      least === most
        ? [{ text: `${name} ${least}`, has: (given) => sizeOf(given) === least }]
        : [
            { text: `${name} of at least ${least}`, has: (given) => sizeOf(given) >= least },
            { text: `${name} of at most ${most}`, has: (given) => sizeOf(given) <= most },
          ];
    return [
      ...range,
      ...WIDTHS.flatMap((width): Trait[] => [
        { text: `${name} not divisible by ${width}`, has: (given) => sizeOf(given) % width !== 0 },
        { text: `${name} divisible by ${width}`, has: (given) => sizeOf(given) % width === 0 },
      ]),
    ];
  });
}

const formatAnd = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), names[names.length - 1]].filter((text) => text !== '').join(' and ');
