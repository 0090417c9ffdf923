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

/**
 * Compares arrays of the same names.
 * @throws Error with the array, the count of numbers that do not agree, and the worst of them.
 */
export function expectAgreement(actual: Named, expected: Named, agree: Agreement): void {
  const names = Object.keys(expected);
  if (names.join() !== Object.keys(actual).join()) {
    throw new Error(`expected ${names.join(', ')}, but got ${Object.keys(actual).join(', ')}`);
  }
  const problems = names.flatMap((name) => disagreements(name, actual[name], expected[name], agree));
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function disagreements(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  agree: Agreement,
): string[] {
  if (actual.length !== expected.length) {
    return [`${name}: expected ${expected.length} numbers, but got ${actual.length}`];
  }
  const wrong: { index: number; error: number }[] = [];
  for (let index = 0; index < expected.length; index++) {
    if (agree(actual[index], expected[index])) continue;
    const error = Math.abs(actual[index] - expected[index]) / Math.max(1, Math.abs(expected[index]));
    wrong.push({ index, error: Number.isNaN(error) ? Infinity : error });
  }
  if (wrong.length === 0) return [];
  const { index, error } = wrong.reduce((worst, one) => (one.error > worst.error ? one : worst));
  return [
    `${name}: ${wrong.length} of ${expected.length} numbers are wrong; the worst is at ${index}: ` +
      `${actual[index]} where ${expected[index]} is expected (error ${error.toExponential(1)})`,
  ];
}
