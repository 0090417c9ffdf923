/** Every word of the language in plain arithmetic. Nothing here comes from core. */
import type { Settings, Word } from '../../src/random-cells/description.js';
import { add, chain, type Dual, div, dual, exp, functions, mul, scale, sqrt, sub } from './dual.js';

export type DualRow = readonly Dual[];
export type Value = DualRow | number | Settings;
type Meaning = (...values: Value[]) => DualRow | readonly DualRow[];

/** A number is a row of one number. */
const rowOf = (value: Value): DualRow => {
  if (typeof value === 'number') return [dual(value)];
  if (Array.isArray(value)) return value;
  throw new TypeError('a row is expected, but there are settings');
};
const countOf = (value: Value | undefined): number => (value === undefined ? 1 : Number(value));

/** Number by number; a row of one number stands for a row of any length. */
const each =
  (of: (...numbers: Dual[]) => Dual): Meaning =>
  (...values) => {
    const rows = values.map(rowOf);
    const length = Math.max(...rows.map((row) => row.length));
    return Array.from({ length }, (_, i) => of(...rows.map((row) => (row.length === 1 ? row[0] : row[i]))));
  };

/** A function of one number whose settings have defaults. */
const withSettings =
  (defaults: Settings, of: (settings: Settings) => (x: Dual) => Dual): Meaning =>
  (row, settings = {}) =>
    rowOf(row).map(of({ ...defaults, ...(settings as Settings) }));

const compare = (holds: (a: number, b: number) => boolean): Meaning =>
  each((a, b) => dual(holds(a.v, b.v) ? 1 : 0));

/** The equal parts of a row. */
function partsOf(row: DualRow, parts: number): DualRow[] {
  const size = row.length / parts;
  if (!Number.isInteger(size))
    throw new RangeError(`a row of ${row.length} numbers has no ${parts} equal parts`);
  return Array.from({ length: parts }, (_, part) => row.slice(part * size, (part + 1) * size));
}

const total = (row: DualRow): Dual => row.reduce(add);
const average = (row: DualRow): Dual => scale(total(row), 1 / row.length);

/** The largest number; equal ones share the derivative. */
function largest(row: DualRow): Dual {
  const most = Math.max(...row.map(({ v }) => v));
  return dual(most, average(row.filter(({ v }) => v === most)).d);
}

/** One number for each part of a row. */
const perPart =
  (of: (part: DualRow) => Dual): Meaning =>
  (row, parts) =>
    partsOf(rowOf(row), countOf(parts)).map(of);

function softmax(row: DualRow): DualRow {
  const powers = row.map(exp);
  const sum = total(powers);
  return powers.map((power) => div(power, sum));
}

function normalize(row: DualRow, epsilon: number): DualRow {
  const mean = average(row);
  const centred = row.map((number) => sub(number, mean));
  const variance = average(centred.map((number) => mul(number, number)));
  return centred.map((number) => div(number, sqrt(add(variance, dual(epsilon)))));
}

function normalizeRms(row: DualRow, epsilon: number): DualRow {
  const square = average(row.map((number) => mul(number, number)));
  return row.map((number) => div(number, sqrt(add(square, dual(epsilon)))));
}

const normalizing =
  (of: (part: DualRow, epsilon: number) => DualRow, usual: number): Meaning =>
  (row, settings = {}) => {
    const { parts = 1, epsilon = usual } = settings as Settings;
    return partsOf(rowOf(row), parts).flatMap((part) => of(part, epsilon));
  };

const times = <T>(count: number, of: () => readonly T[]): T[] => Array.from({ length: count }, of).flat();

/** What each word means. The compiler refuses the table when a word of the language is missing. */
export const meanings: Readonly<Record<Word, Meaning>> = {
  ...(Object.fromEntries(Object.entries(functions).map(([name, of]) => [name, each(of)])) as Record<
    keyof typeof functions,
    Meaning
  >),
  '.add': each(add),
  '.sub': each(sub),
  '.mul': each(mul),
  '.div': each(div),
  // Where two numbers are equal, `max` has the derivative of the second and `min` that of the first.
  '.max': each((a, b) => (a.v > b.v ? a : b)),
  '.min': each((a, b) => (b.v < a.v ? b : a)),
  greater: compare((a, b) => a > b),
  greaterEqual: compare((a, b) => a >= b),
  less: compare((a, b) => a < b),
  lessEqual: compare((a, b) => a <= b),
  equal: compare((a, b) => a === b),
  notEqual: compare((a, b) => a !== b),
  where: each((condition, a, b) => (condition.v === 0 ? b : a)),
  '#select': each((condition, a, b) => (condition.v === 0 ? b : a)),
  clip: (row, low, high) =>
    rowOf(row).map((x) => {
      if (x.v >= Number(high)) return dual(Number(high), x.v === Number(high) ? x.d : 0);
      return x.v > Number(low) ? x : dual(Number(low));
    }),
  elu: withSettings({ alpha: 1 }, ({ alpha }) =>
    chain(
      (x) => (x > 0 ? x : alpha * (Math.exp(x) - 1)),
      (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
    ),
  ),
  leakyRelu: withSettings({ alpha: 0.2 }, ({ alpha }) =>
    chain(
      (x) => (x > 0 ? x : alpha * x),
      (x) => (x > 0 ? 1 : alpha),
    ),
  ),
  thresholdedRelu: withSettings({ alpha: 1 }, ({ alpha }) =>
    chain(
      (x) => (x > alpha ? x : 0),
      (x) => (x > alpha ? 1 : 0),
    ),
  ),
  affine: withSettings({ alpha: 1, beta: 0 }, ({ alpha, beta }) =>
    chain(
      (x) => alpha * x + beta,
      () => alpha,
    ),
  ),
  scaledTanh: withSettings({ alpha: 1, beta: 1 }, ({ alpha, beta }) =>
    chain(
      (x) => alpha * Math.tanh(beta * x),
      (x) => (alpha * beta) / Math.cosh(beta * x) ** 2,
    ),
  ),
  hardSigmoid: withSettings({ alpha: 0.2, beta: 0.5 }, ({ alpha, beta }) =>
    chain(
      (x) => Math.min(1, Math.max(0, alpha * x + beta)),
      (x) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
    ),
  ),
  sum: perPart(total),
  mean: perPart(average),
  max: perPart(largest),
  sumParts: (row, parts) => {
    const [first, ...others] = partsOf(rowOf(row), countOf(parts));
    return others.reduce<DualRow>((sum, part) => sum.map((number, i) => add(number, part[i])), first);
  },
  repeat: (row, count) => rowOf(row).flatMap((number) => times(countOf(count), () => [number])),
  tile: (row, count, parts) =>
    partsOf(rowOf(row), countOf(parts)).flatMap((part) => times(countOf(count), () => part)),
  zeros: (length) => times(countOf(length), () => [dual(0)]),
  concat: (...rows) => rows.flatMap(rowOf),
  slice: (row, start, length) =>
    rowOf(row).filter((_, i) => i >= Number(start) && i < Number(start) + Number(length)),
  split: (row, parts) => partsOf(rowOf(row), countOf(parts)),
  softmax: (row, parts) => partsOf(rowOf(row), countOf(parts)).flatMap(softmax),
  normalize: normalizing(normalize, 1e-5),
  normalizeRms: normalizing(normalizeRms, 1e-6),
};
