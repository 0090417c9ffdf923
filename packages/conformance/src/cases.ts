import { commonVariants, randomVariants, type Variant, variantNamed, variants } from './cells/index.js';
import { pairwise } from './covering.js';
import { type MaskKind, maskKinds } from './masks.js';
import {
  largeShapes,
  longRows,
  noRows,
  oneLargeSize,
  randomShapes,
  type Shape,
  shapes,
  shapeText,
  smallShapes,
} from './shapes.js';

/** The choices that make a problem. */
export interface Case {
  readonly variant: Variant;
  readonly shape: Shape;
  readonly mask: MaskKind;
  readonly maskedOutput: 'repeat' | 'zero';
  readonly reverse: boolean;
  /** Whether x and the sequence are `[timesteps, batch, …]`. */
  readonly timeMajor?: boolean;
  /** The given initial states; the others are zeros. */
  readonly initialStates: 'all' | 'none' | 'last';
  /** The given cotangents; the others are zeros. */
  readonly cotangents: 'all' | 'sequence' | 'states' | 'last state' | 'none';
  readonly recurrentDropout: boolean;
}

/** The simplest case; others change some of its choices. */
export const plainCase = (variant: Variant, shape: Shape): Case => ({
  variant,
  shape,
  mask: 'none',
  maskedOutput: 'repeat',
  reverse: false,
  initialStates: 'all',
  cotangents: 'all',
  recurrentDropout: false,
});

/** The choices besides cell and shape. */
const choices = {
  mask: maskKinds,
  maskedOutput: ['repeat', 'zero'],
  reverse: [false, true],
  initialStates: ['all', 'none', 'last'],
  cotangents: ['all', 'sequence', 'states', 'last state', 'none'],
  recurrentDropout: [false, true],
} as const;

/**
 * A covering array: every pair of levels of any two factors occurs in a case. The factors are cell, shape and the choices.
 *
 * The full product would be millions of runs. Pairs find nearly all faults (see `pairwise`), and as there are more than a
 * thousand pairs of a cell and a shape, most triples of the other choices occur as well.
 */
export const coveringCases: readonly Case[] = pairwise({ variant: variants, shape: shapes, ...choices });

const randomChoices = pairwise({ shape: randomShapes, ...choices });

/** Each cell with random equations with one of the choices, in turn. */
export const randomCases: readonly Case[] = randomVariants.map((variant, i) => ({
  variant,
  ...randomChoices[i % randomChoices.length],
}));

/** A few cells at sizes that are too slow for all cells. */
export const largeCases: readonly Case[] = [
  ...largeShapes.flatMap((shape) =>
    commonVariants.map((variant) => shapeCase(variant, shape, 'right-padded')),
  ),
  ...oneLargeSize.flatMap((shape) => [
    shapeCase(variantNamed('gru'), shape, 'none'),
    shapeCase(variantNamed('sru, version 2, highway'), shape, 'right-padded'),
  ]),
];

function shapeCase(variant: Variant, shape: Shape, mask: MaskKind): Case {
  return { ...plainCase(variant, shape), mask };
}

/** Batches without a sequence. */
export const emptyCases: readonly Case[] = (['none', 'holes'] as const).flatMap((mask) =>
  commonVariants.map((variant) => shapeCase(variant, noRows, mask)),
);

/** Lengths instead of a mask. */
export const lengthsCases: readonly Case[] = commonVariants.map((variant, i) => ({
  ...shapeCase(variant, smallShapes[0], 'lengths'),
  reverse: i % 2 === 1,
}));

/** Time before batch: whole sequences, step by step with a mask, and a batch that a device may cut into groups. */
export const timeMajorCases: readonly Case[] = commonVariants.flatMap((variant, i) => [
  { ...shapeCase(variant, smallShapes[0], 'none'), timeMajor: true, reverse: i % 2 === 1 },
  { ...shapeCase(variant, smallShapes[0], 'first padded'), timeMajor: true, reverse: i % 2 === 0 },
  // Devices cut the batches of cells without products of their state alone.
  ...(variant.name.startsWith('sru') ? [{ ...shapeCase(variant, longRows, 'none'), timeMajor: true }] : []),
]);

/** A case in words, without its cell. Different cases of a cell have different texts. */
export function caseText({ shape, mask, maskedOutput, reverse, ...rest }: Case): string {
  const { initialStates, cotangents, recurrentDropout } = rest;
  return [
    shapeText(shape),
    `mask ${mask}`,
    `padded output ${maskedOutput}`,
    ...(reverse ? ['reversed'] : []),
    ...(rest.timeMajor ? ['time-major'] : []),
    `initial states ${initialStates}`,
    `cotangents ${cotangents}`,
    ...(recurrentDropout ? ['recurrent dropout'] : []),
  ].join(', ');
}
