/** An error in what the user gave: it is printed without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
