/** How the words that work number by number are drawn. */
import type { Settings, Word } from './description.js';
import type { Drawing, KnownRow, Numbers } from './drawing.js';

/** Draws a word with its operands: the index of the new row. */
export type Maker = (draw: Drawing) => number;

const tame = (draw: Drawing): number => draw.tame(draw.any());
/** For words with a kink at 0. */
const unkinked = (draw: Drawing): number => {
  const row = tame(draw);
  return draw.of(row).isPlain && draw.chance(0.5) ? row : draw.shifted(row);
};
/** For words that grow quickly. */
const small = (draw: Drawing): number => draw.tame(draw.any(), 1.2, 2);

/** Words whose derivative lies within ±1, or hardly beyond. */
function smooth(word: Word, ofNumber: (value: number) => number, take = tame): Maker {
  return (draw) => mapped(draw, word, take(draw), ofNumber);
}

/** A word that never decreases, or hardly. */
function mapped(
  draw: Drawing,
  word: Word,
  row: number,
  ofNumber: (value: number) => number,
  { slope = 1, settings }: { slope?: number; settings?: Settings } = {},
): number {
  const { width, low, high, gain } = draw.of(row);
  const given = settings && Object.keys(settings).length > 0 ? [{ row }, { settings }] : [{ row }];
  // Swish-like functions have a minimum of at least −0.31.
  const least = Math.min(ofNumber(low), ofNumber(high)) - (low < 0 ? 0.31 : 0);
  const most = Math.max(ofNumber(low), ofNumber(high));
  return draw.call(word, given, { width, low: least, high: most, gain: gain * slope });
}

/** Numbers for some of the settings; the others keep their defaults. */
function settings(
  draw: Drawing,
  ranges: Readonly<Record<string, readonly [low: number, high: number]>>,
): Settings {
  const chosen = Object.entries(ranges).filter(() => draw.chance(0.6));
  return Object.fromEntries(
    chosen.map(([name, [low, high]]) => [
      name,
      Number(`${(low + (high - low) * draw.random.next()).toFixed(3)}7`),
    ]),
  );
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const softplus = (value: number) => Math.log1p(Math.exp(value));
const relu = (value: number) => Math.max(value, 0);

/** A row well above 0. */
export function positive(draw: Drawing, given?: number): number {
  const row = given ?? tame(draw);
  const known = draw.of(row);
  if (known.low >= 0.3) return row;
  const { width } = known;
  const plus = (operand: number, number: number) => {
    const { low, high, gain } = draw.of(operand);
    const range = { low: low + number, high: high + number };
    return draw.call('.add', [{ row: operand }, number], { width, ...range, gain });
  };
  switch (draw.random.integer(0, 3)) {
    case 0: {
      const { low, high, gain } = known;
      const range = { low: softplus(low), high: softplus(high) };
      return plus(draw.call('softplus', [{ row }], { width, ...range, gain }), 0.4);
    }
    case 1:
      return plus(draw.call('sigmoid', [{ row }], { width, low: 0, high: 1, gain: known.gain / 4 }), 0.35);
    case 2: {
      const most = Math.max(known.low ** 2, known.high ** 2);
      const gain = 2 * Math.sqrt(most) * known.gain;
      return plus(draw.call('.mul', [{ row }, { row }], { width, low: 0, high: most, gain }), 0.45);
    }
    default: {
      const inner = draw.tame(row, 0.9);
      const { low, high, gain } = draw.of(inner);
      const numbers = { low: Math.exp(low), high: Math.exp(high), gain: gain * Math.exp(high) };
      return draw.call('exp', [{ row: inner }], { width, ...numbers });
    }
  }
}

/** A second operand for a row: of its length, one number, or that number as a literal. */
export function partner(draw: Drawing, row: number, literals = 0.2): number | { readonly row: number } {
  if (draw.chance(literals)) return draw.literal();
  const { width } = draw.of(row);
  const fits = (known: KnownRow) => known.width === width || known.width === 1 || width === 1;
  return { row: draw.tame(draw.any(fits)) };
}

const numbersOf = (draw: Drawing, operand: number | { readonly row: number }): Numbers =>
  typeof operand === 'number' ? { width: 1, low: operand, high: operand, gain: 0 } : draw.of(operand.row);

const sizeOf = ({ low, high }: Pick<Numbers, 'low' | 'high'>): number => Math.max(-low, high);

type Range = readonly [low: number, high: number];

/** A method with two operands. */
function binary(
  word: Word,
  range: (a: Numbers, b: Numbers) => Range,
  gain: (a: Numbers, b: Numbers) => number,
  first: Maker = tame,
): Maker {
  return (draw) => {
    const row = first(draw);
    const other = partner(draw, row);
    const [a, b] = [draw.of(row), numbersOf(draw, other)];
    const [low, high] = range(a, b);
    const width = Math.max(a.width, b.width);
    return draw.call(word, [{ row }, other], { width, low, high, gain: gain(a, b) });
  };
}

const both = (a: Numbers, b: Numbers) => a.gain + b.gain;
const most = (a: Numbers, b: Numbers) => Math.max(a.gain, b.gain);

const products = (a: Numbers, b: Numbers): Range => {
  const all = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return [Math.min(...all), Math.max(...all)];
};

const quotient: Maker = (draw) => {
  const row = tame(draw);
  const { width } = draw.of(row);
  const fits = (known: KnownRow) => known.width === width || known.width === 1 || width === 1;
  const divisor = positive(draw, draw.tame(draw.any(fits)));
  const [a, b] = [draw.of(row), draw.of(divisor)];
  const size = sizeOf(a) / b.low;
  const gain = a.gain / b.low + (size * b.gain) / b.low;
  return draw.call('.div', [{ row }, { row: divisor }], {
    width: Math.max(a.width, b.width),
    ...{ low: -size, high: size, gain },
  });
};

/** A comparison of two rows that are seldom near each other. */
export function comparison(word: Word): Maker {
  return (draw) => {
    const row = tame(draw);
    const other = partner(draw, draw.shifted(row), 0.4);
    const shifted = draw.shifted(row);
    const given = [{ row: shifted }, other];
    const { width } = numbersOf(draw, other);
    return draw.call(word, draw.chance(0.5) ? given : given.reverse(), {
      ...{ width: Math.max(draw.widthOf(row), width), low: 0, high: 1, gain: 0 },
    });
  };
}

/** Whether two rows have the same numbers: where the largest is, or where a row was cut off at 0. */
function equality(word: Word): Maker {
  return (draw) => {
    const row = draw.varied(unkinked(draw));
    const { width, low, high, gain } = draw.of(row);
    const numbers = { width, low: 0, high: 1, gain: 0 };
    if (width > 1 && draw.chance(0.6)) {
      const largest = draw.call('max', [{ row }], { width: 1, low, high, gain });
      return draw.call(word, [{ row: largest }, { row }], numbers);
    }
    const cut = draw.call('relu', [{ row }], { width, low: relu(low), high: relu(high), gain });
    return draw.call(word, [{ row: cut }, 0], numbers);
  };
}

const COMPARISONS = ['greater', 'greaterEqual', 'less', 'lessEqual'] as const;

/** A choice between two rows. */
function choice(word: 'where' | '#select'): Maker {
  return (draw) => {
    const condition = draw.chance(0.8) ? comparison(draw.pick(COMPARISONS))(draw) : equality('equal')(draw);
    const row = draw.tame(draw.any(({ width }) => width === draw.widthOf(condition) || width === 1));
    const other = partner(draw, draw.widthOf(row) === 1 ? condition : row, word === 'where' ? 0.3 : 0);
    const [a, b] = [draw.of(row), numbersOf(draw, other)];
    const given = word === 'where' && draw.chance(0.5) ? [other, { row }] : [{ row }, other];
    return draw.call(word, [{ row: condition }, ...given], {
      width: Math.max(draw.widthOf(condition), a.width, b.width),
      low: Math.min(a.low, b.low),
      high: Math.max(a.high, b.high),
      gain: most(a, b),
    });
  };
}

const signed: Maker = (draw) => {
  const row = unkinked(draw);
  return draw.call('#sign', [{ row }], { width: draw.widthOf(row), low: -1, high: 1, gain: 0 });
};

const absolute: Maker = (draw) => {
  const row = unkinked(draw);
  const known = draw.of(row);
  const { width, gain } = known;
  return draw.call('#abs', [{ row }], { width, low: 0, high: sizeOf(known), gain });
};

const clipped: Maker = (draw) => {
  const row = unkinked(draw);
  const { width, gain } = draw.of(row);
  const low = -Math.abs(draw.literal(0.1, 0.6));
  const high = Math.abs(draw.literal(0.1, 0.6));
  return draw.call('clip', [{ row }, low, high], { width, low, high, gain });
};

const withSettings =
  (
    word: Word,
    ranges: Readonly<Record<string, readonly [low: number, high: number]>>,
    take: Maker,
    range: (row: Numbers) => Range,
    slope = 1,
  ): Maker =>
  (draw) => {
    const row = take(draw);
    const known = draw.of(row);
    const [low, high] = range(known);
    const chosen = settings(draw, ranges);
    const given = Object.keys(chosen).length > 0 ? [{ row }, { settings: chosen }] : [{ row }];
    return draw.call(word, given, { width: known.width, low, high, gain: known.gain * slope });
  };

const unit = (): Range => [0, 1];
const around = (row: Numbers): Range => [-1.7 * sizeOf(row) - 1, 1.7 * sizeOf(row) + 1];

/** Every word that works number by number. */
export const elementwise = {
  '.add': binary('.add', (a, b) => [a.low + b.low, a.high + b.high], both),
  '.sub': binary('.sub', (a, b) => [a.low - b.high, a.high - b.low], both),
  '.mul': binary('.mul', products, (a, b) => a.gain * sizeOf(b) + b.gain * sizeOf(a)),
  '.div': quotient,
  '.min': binary('.min', (a, b) => [Math.min(a.low, b.low), Math.min(a.high, b.high)], most, unkinked),
  '.max': binary('.max', (a, b) => [Math.max(a.low, b.low), Math.max(a.high, b.high)], most, unkinked),
  '.neg': smooth('.neg', (value) => -value),
  '.oneMinus': smooth('.oneMinus', (value) => 1 - value),
  '#identity': smooth('#identity', (value) => value),
  '#abs': absolute,
  '#sign': signed,
  '#erf': smooth('#erf', (value) => Math.sign(value) * (1 - Math.exp(-2 * value * value)), tame),
  '#select': choice('#select'),
  where: choice('where'),
  greater: comparison('greater'),
  greaterEqual: comparison('greaterEqual'),
  less: comparison('less'),
  lessEqual: comparison('lessEqual'),
  equal: equality('equal'),
  notEqual: equality('notEqual'),
  clip: clipped,
  sigmoid: smooth('sigmoid', sigmoid),
  tanh: smooth('tanh', Math.tanh),
  relu: smooth('relu', relu, unkinked),
  relu6: smooth('relu6', relu, unkinked),
  softsign: smooth('softsign', (value) => value / (1 + Math.abs(value)), unkinked),
  softplus: smooth('softplus', softplus),
  silu: smooth('silu', relu),
  mish: smooth('mish', relu),
  gelu: smooth('gelu', relu),
  linear: smooth('linear', (value) => value),
  elu: withSettings('elu', { alpha: [0.4, 1.2] }, unkinked, around),
  selu: withSettings('selu', {}, unkinked, around, 1.7),
  leakyRelu: withSettings('leakyRelu', { alpha: [0.05, 0.5] }, unkinked, around),
  thresholdedRelu: withSettings('thresholdedRelu', { alpha: [0.1, 0.6] }, unkinked, around),
  affine: withSettings('affine', { alpha: [0.3, 1.2], beta: [-0.5, 0.5] }, tame, around, 1.2),
  scaledTanh: withSettings(
    'scaledTanh',
    { alpha: [0.5, 1.2], beta: [0.5, 1.2] },
    tame,
    () => [-1.3, 1.3],
    1.4,
  ),
  hardSigmoid: withSettings('hardSigmoid', { alpha: [0.1, 0.5], beta: [0.3, 0.6] }, unkinked, unit, 0.5),
  hardSigmoidSixth: withSettings('hardSigmoidSixth', {}, unkinked, unit, 0.2),
  exp: (draw) => {
    const row = small(draw);
    return mapped(draw, 'exp', row, Math.exp, { slope: Math.exp(draw.of(row).high) });
  },
  log: (draw) => {
    const row = positive(draw);
    return mapped(draw, 'log', row, Math.log, { slope: 1 / draw.of(row).low });
  },
  sqrt: (draw) => {
    const row = positive(draw);
    return mapped(draw, 'sqrt', row, Math.sqrt, { slope: 0.5 / Math.sqrt(draw.of(row).low) });
  },
} satisfies Partial<Record<Word, Maker>>;
