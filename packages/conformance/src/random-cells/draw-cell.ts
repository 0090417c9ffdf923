/** Random cells of the whole language. */
import type { Sizes } from '@sluice/core';
import { Random } from '../random.js';
import type { CellDescription, Word } from './description.js';
import { Drawing } from './drawing.js';
import { elementwise, type Maker } from './elementwise.js';
import type { CellHead } from './make-cell.js';
import { newOutput, newState } from './results.js';
import { wholeRows } from './rows-drawn.js';

/** How every word is drawn. The compiler refuses it when a word of the language is missing. */
const makers: Readonly<Record<Word, Maker>> = { ...elementwise, ...wholeRows };

/** Every word that random cells have. */
export const words = Object.keys(makers) as Word[];

const STATES: readonly string[] = ['a', 'b', 'c', 'd'];
/** Words whose meaning is where the numbers of a row are; mistakes there are likely. They are drawn more often. */
const PLACES: readonly Word[] = [
  'slice',
  'split',
  'concat',
  'zeros',
  'tile',
  'repeat',
  'sum',
  'sumParts',
  'max',
];
/** Each cell has these words in turn, and others by chance. */
const WORDS_IN_TURN = 3;

/** What cell `number` has at all sizes. */
export const headOf = (number: number): CellHead => ({
  name: `random equations ${number}`,
  states: STATES.slice(0, 1 + (number % STATES.length)),
  useBias: number % 5 !== 4,
});

/**
 * Draws a cell for given sizes: the same for the same number, sizes and seed. It starts with the input, the states and
 * parameters, and makes further rows of earlier ones. The new states and the output are made of all rows.
 */
export function drawCell(number: number, sizes: Sizes): CellDescription {
  const { name, states: names, useBias } = headOf(number);
  const random = new Random(`${name}, ${sizes.inputSize} → ${sizes.units}`);
  const draw = new Drawing(random, sizes, useBias);
  const x = draw.add({ kind: 'input' }, { width: sizes.inputSize, low: -1, high: 1, gain: 1 }, true);
  const states = names.map((state, i) => {
    const width = i === 0 && draw.chance(0.5) ? sizes.units : draw.width();
    return draw.add({ kind: 'state', state }, { width, low: -1.1, high: 1.1, gain: 1 }, true);
  });
  draw.product(x);
  if (draw.chance(0.6)) draw.vector(draw.width(), 'recurrentVector');
  if (useBias && draw.chance(0.4)) draw.vector(draw.width(), 'bias');
  const inTurn = Array.from(
    { length: WORDS_IN_TURN },
    (_, i) => words[(number * WORDS_IN_TURN + i) % words.length],
  );
  for (let i = random.integer(4, 12); i > 0; i--) {
    const word = inTurn.length > 0 && draw.chance(0.4) ? inTurn.pop() : undefined;
    if (word === undefined && draw.chance(0.3)) products(draw);
    else makers[word ?? draw.pick(draw.chance(0.3) ? PLACES : words)](draw);
  }
  for (const word of inTurn) makers[word](draw);
  return { name, useBias, ...finish(draw, names, states) };
}

/** A product, now and then by several blocks of a matrix, or several one after the other through rows of few numbers. */
function products(draw: Drawing): void {
  const operand = draw.tame(draw.any());
  let row = draw.product(operand);
  while (draw.chance(0.3)) draw.product(operand, draw.widthOf(row));
  while (draw.chance(0.3)) row = draw.product(draw.tame(row), draw.random.integer(1, 5));
}

function finish(
  draw: Drawing,
  names: readonly string[],
  states: readonly number[],
): Pick<CellDescription, 'states' | 'parameters' | 'rows' | 'results'> {
  const hasOutput = draw.chance(0.65);
  const targets = names.length + (hasOutput ? 1 : 0);
  const sinks = Array.from({ length: targets }, (): number[] => []);
  for (const row of draw.unused()) draw.pick(sinks).push(row);
  const results = Object.fromEntries(
    names.map((name, i) => [name, newState(draw, states[i], sinks[i])] as const),
  );
  // Some states have the same new row, or change places.
  const [first, second] = names;
  const isSame = names.length > 1 && draw.widthOf(states[0]) === draw.widthOf(states[1]);
  if (isSame && draw.chance(0.15)) results[second] = draw.pick([results[first], states[0]]);
  if (hasOutput) results.output = newOutput(draw, sinks[names.length]);
  if (draw.chance(0.3)) results.inner = draw.any();
  return {
    states: names.map((name, i) => ({ name, width: draw.spell(draw.widthOf(states[i])) })),
    parameters: draw.declarations(),
    rows: draw.rows.map(({ row }) => row),
    results,
  };
}
