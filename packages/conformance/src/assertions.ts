/**
 * The error of a call that must fail.
 *
 * @throws Error when the call does not fail.
 */
export function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return asError(error);
  }
  throw new Error('the call was not refused');
}

/** The same for a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => asError(error),
  );
  if (settled === undefined) throw new Error('the call was not refused');
  return settled;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** @throws Error when the message of an error does not match. */
export function expectMessage({ message }: Error, expected: RegExp): void {
  if (!expected.test(message)) {
    throw new Error(`the message of the error should match ${expected}, but is: ${message}`);
  }
}

/** @throws Error when an error is no RangeError. */
export function expectRangeError(error: Error): void {
  if (!(error instanceof RangeError)) {
    throw new Error(`the error should be a RangeError, but is: ${error.name}: ${error.message}`);
  }
}

/** @throws Error when two values are not the same. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${expected}, but got ${actual}`);
}
