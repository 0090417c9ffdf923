/** Arrays by their names in failures. */
export type Named = Readonly<Record<string, ArrayLike<number>>>;

/** Whether a number of the device agrees with the reference's. */
export type Agreement = (actual: number, expected: number) => boolean;

/** Agreement within a tolerance, relative to max(1, |expected|). NaN agrees only with NaN, an infinity only with itself. */
export const within =
  (tolerance: number): Agreement =>
  (actual, expected) =>
    Number.isFinite(expected)
      ? Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))
      : Object.is(actual, expected);

/**
 * The same, but all numbers that are not finite agree with each other.
 *
 * For infinities in inputs: ∞ · (1 − σ(x)) is ∞ in exact arithmetic, and NaN when σ rounds to 1.
 */
export const withinOrNotFinite =
  (tolerance: number): Agreement =>
  (actual, expected) =>
    Number.isFinite(expected) ? within(tolerance)(actual, expected) : !Number.isFinite(actual);

/** Bit by bit. (NaNs are equal, +0 and −0 are not.) */
export const identical: Agreement = Object.is;

/** Equal as numbers: +0 and −0 are equal, too. */
export const equal: Agreement = (actual, expected) => actual === expected || Object.is(actual, expected);

/** The place of a number in an array, in words, such as `row 1, step 2, unit 5`. */
export type Locate = (name: string, index: number) => string | undefined;

/** The worst number of an array. */
export interface WorstNumber {
  readonly array: string;
  readonly index: number;
  /** In words; absent when the array has no rows. */
  readonly place?: string | undefined;
  readonly actual: number;
  readonly expected: number;
  /** Relative to max(1, |expected|); Infinity when a number is NaN. */
  readonly error: number;
}

/** Arrays do not agree. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';

  /** @param worst the worst number of each array that disagrees; arrays of wrong lengths have none */
  constructor(
    message: string,
    readonly worst: readonly WorstNumber[],
  ) {
    super(message);
  }
}

/**
 * Compares arrays of the same names.
 *
 * @param heading the first line of the message, when the expected numbers are no reference's
 * @throws Disagreement with the array, the count of numbers that do not agree, and the worst of them.
 */
export function expectAgreement(
  actual: Named,
  expected: Named,
  agree: Agreement,
  locate?: Locate,
  heading?: string,
): void {
  const names = Object.keys(expected);
  if (names.join() !== Object.keys(actual).join()) {
    throw new Disagreement(`expected ${names.join(', ')}, but got ${Object.keys(actual).join(', ')}`, []);
  }
  const found = names.flatMap((name) => disagreements(name, actual[name], expected[name], agree, locate));
  if (found.length === 0) return;
  const worst = found.flatMap(({ worst }) => worst ?? []);
  const lines = [...(heading === undefined ? [] : [heading]), ...found.map(({ message }) => message)];
  throw new Disagreement(lines.join('\n'), worst);
}

function disagreements(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  agree: Agreement,
  locate?: Locate,
): { message: string; worst?: WorstNumber }[] {
  if (actual.length !== expected.length) {
    return [{ message: `${name}: expected ${expected.length} numbers, but got ${actual.length}` }];
  }
  const wrong: { index: number; error: number }[] = [];
  for (let index = 0; index < expected.length; index++) {
    if (agree(actual[index], expected[index])) continue;
    const error = Math.abs(actual[index] - expected[index]) / Math.max(1, Math.abs(expected[index]));
    wrong.push({ index, error: Number.isNaN(error) ? Infinity : error });
  }
  if (wrong.length === 0) return [];
  const { index, error } = wrong.reduce((worst, one) => (one.error > worst.error ? one : worst));
  const place = locate?.(name, index);
  const message =
    `${name}: ${wrong.length} of ${expected.length} numbers are wrong; the worst is at ${index}` +
    `${place ? ` (${place})` : ''}: ${actual[index]} where ${expected[index]} is expected (error ${error.toExponential(1)})`;
  const numbers = { actual: actual[index], expected: expected[index], error };
  return [{ message, worst: { array: name, index, place, ...numbers } }];
}
