/** How the words that work on whole rows are drawn. */
import type { Word } from './description.js';
import type { Drawing } from './drawing.js';
import type { Maker } from './elementwise.js';

const long = (draw: Drawing): number => draw.tame(draw.long());

/** A sum: its numbers are so many times larger. */
const sum: Maker = (draw) => {
  const row = long(draw);
  const parts = draw.parts(row);
  const { width, low, high, gain } = draw.of(row);
  const size = width / parts;
  const numbers = { width: parts, low: size * low, high: size * high, gain: Math.sqrt(size) * gain };
  return draw.tame(draw.call('sum', counted(row, parts, draw), numbers));
};

/** The arguments of a word with a count of parts, which is left out at times where it is 1. */
const counted = (row: number, parts: number, draw: Drawing) =>
  parts === 1 && draw.chance(0.7) ? [{ row }] : [{ row }, parts];

const sameRange =
  (word: 'mean' | 'max'): Maker =>
  (draw) => {
    const row = word === 'max' ? draw.varied(long(draw)) : long(draw);
    const parts = draw.parts(row);
    const { low, high, gain } = draw.of(row);
    return draw.call(word, counted(row, parts, draw), { width: parts, low, high, gain });
  };

const sumParts: Maker = (draw) => {
  const row = long(draw);
  const parts = draw.parts(row);
  const { width, low, high, gain } = draw.of(row);
  const numbers = { width: width / parts, low: parts * low, high: parts * high };
  return draw.tame(draw.call('sumParts', [{ row }, parts], { ...numbers, gain: Math.sqrt(parts) * gain }));
};

const MOST_COPIED = 10;

/** A row that stays short when it is copied. */
const short = (draw: Drawing) => {
  const row = draw.tame(draw.any(({ width }) => width <= MOST_COPIED));
  const width = draw.widthOf(row);
  return { row, times: draw.random.integer(1, Math.max(1, Math.min(4, Math.floor(20 / width)))) };
};

const repeat: Maker = (draw) => {
  const { row, times } = short(draw);
  const { width, low, high, gain } = draw.of(row);
  return draw.call('repeat', [{ row }, times], { width: times * width, low, high, gain });
};

const tile: Maker = (draw) => {
  const { row, times } = short(draw);
  const parts = draw.chance(0.5) ? 1 : draw.parts(row);
  const { width, low, high, gain } = draw.of(row);
  const given = parts === 1 ? [{ row }, times] : [{ row }, times, parts];
  return draw.call('tile', given, { width: times * width, low, high, gain });
};

const concat: Maker = (draw) => {
  const rows = Array.from({ length: draw.random.integer(1, 4) }, () =>
    draw.tame(draw.any(({ width }) => width <= MOST_COPIED)),
  );
  const known = rows.map((row) => draw.of(row));
  return draw.call(
    'concat',
    rows.map((row) => ({ row })),
    {
      width: known.reduce((width, row) => width + row.width, 0),
      low: Math.min(...known.map(({ low }) => low)),
      high: Math.max(...known.map(({ high }) => high)),
      gain: Math.max(...known.map(({ gain }) => gain)),
    },
  );
};

/** Zeros, most often around another row. */
const zeros: Maker = (draw) => {
  const width = draw.random.integer(1, 5);
  const row = draw.call('zeros', [width], { width, low: 0, high: 0, gain: 0 });
  if (draw.chance(0.3)) return row;
  const other = draw.tame(draw.any(({ width }) => width <= MOST_COPIED));
  const rows = draw.chance(0.5) ? [row, other] : [other, row];
  const { width: length, low, high, gain } = draw.of(other);
  return draw.call(
    'concat',
    rows.map((part) => ({ row: part })),
    { width: width + length, low: Math.min(low, 0), high: Math.max(high, 0), gain },
  );
};

/** One part of a row, or two that overlap. */
const slice: Maker = (draw) => {
  const row = long(draw);
  const { width, low, high, gain } = draw.of(row);
  const sliced = (start: number, length: number) =>
    draw.call('slice', [{ row }, start, length], { width: length, low, high, gain });
  const start = draw.random.integer(0, width - 1);
  const length = draw.random.integer(1, width - start);
  const first = sliced(start, length);
  if (draw.chance(0.5)) return first;
  const other = draw.random.integer(start, start + length - 1);
  return sliced(other, draw.random.integer(1, width - other));
};

const split: Maker = (draw) => {
  const row = long(draw);
  const parts = draw.parts(row);
  const { width, low, high, gain } = draw.of(row);
  const pick = draw.random.integer(0, parts - 1);
  return draw.call('split', [{ row }, parts], { width: width / parts, low, high, gain }, pick);
};

const softmax: Maker = (draw) => {
  const row = draw.varied(long(draw));
  const { width, gain } = draw.of(row);
  return draw.call('softmax', counted(row, draw.parts(row), draw), { width, low: 0, high: 1, gain });
};

/** A row whose variance and mean square are not small: a number of it is far from the others. */
function spreadOut(draw: Drawing): number {
  const row = draw.tame(
    draw.any(({ width }) => width <= MOST_COPIED),
    1,
  );
  const { width, gain } = draw.of(row);
  const other = draw.tame(draw.any(), 1);
  const far = draw.call('.add', [{ row: other }, 3.21], { ...draw.of(other), low: 2.2, high: 4.3 });
  return draw.call('concat', [{ row }, { row: far }], {
    width: width + draw.widthOf(far),
    ...{ low: -1, high: 4.3, gain: Math.max(gain, draw.of(far).gain) },
  });
}

/**
 * Rows that are nearly constant would enlarge rounding errors, and then so do gradients. So the number that is added to the
 * variance is large, except for rows which are known to vary.
 */
const normalizing =
  (word: 'normalize' | 'normalizeRms'): Maker =>
  (draw) => {
    const byDefault = draw.chance(0.3);
    const row = byDefault ? spreadOut(draw) : draw.tame(long(draw), 2, 2);
    const { width, gain } = draw.of(row);
    const epsilon = byDefault ? undefined : Math.abs(draw.literal(0.1, 0.6));
    const divisors = draw.parts(row);
    const parts = byDefault || draw.chance(0.4) ? undefined : divisors;
    const settings = { ...(parts !== undefined && { parts }), ...(epsilon !== undefined && { epsilon }) };
    const given = Object.keys(settings).length > 0 ? [{ row }, { settings }] : [{ row }];
    const most = Math.sqrt(width / (parts ?? 1));
    return draw.call(word, given, { width, low: -most, high: most, gain: 1.5 * gain });
  };

/** Every word that works on whole rows. */
export const wholeRows = {
  sum,
  mean: sameRange('mean'),
  max: sameRange('max'),
  sumParts,
  repeat,
  tile,
  concat,
  zeros,
  slice,
  split,
  softmax,
  normalize: normalizing('normalize'),
  normalizeRms: normalizing('normalizeRms'),
} satisfies Partial<Record<Word, Maker>>;
