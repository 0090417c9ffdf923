/** Arrays by the name that a failure calls them. */
export type Named = Readonly<Record<string, ArrayLike<number>>>;

/** Whether a number of the device may stand where the reference has another. */
export type Agreement = (actual: number, expected: number) => boolean;

/** Within a tolerance relative to max(1, |expected|); NaN agrees with NaN alone, an infinity with itself alone. */
export const within =
  (tolerance: number): Agreement =>
  (actual, expected) =>
    Number.isFinite(expected)
      ? Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))
      : Object.is(actual, expected);

/**
 * The same, but anything that is not finite agrees with anything else that is not.
 *
 * For infinities that go in: ∞ · (1 − σ(x)) is ∞ in exact arithmetic and NaN as soon as σ rounds to 1.
 */
export const withinOrNotFinite =
  (tolerance: number): Agreement =>
  (actual, expected) =>
    Number.isFinite(expected) ? within(tolerance)(actual, expected) : !Number.isFinite(actual);

/** Bit for bit. (NaNs count as equal, +0 and −0 do not.) */
export const identical: Agreement = Object.is;

/** Equal as numbers: +0 and −0 count as equal too. */
export const equal: Agreement = (actual, expected) => actual === expected || Object.is(actual, expected);

/**
 * Compares arrays of the same names.
 * @throws Error that names the array, counts the numbers that do not agree and shows the worst of them.
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
  const { index, error } = wrong.reduce((worst, each) => (each.error > worst.error ? each : worst));
  return [
    `${name}: ${wrong.length} of ${expected.length} numbers are wrong; the worst is at ${index}: ` +
      `${actual[index]} where ${expected[index]} is expected (error ${error.toExponential(1)})`,
  ];
}
