/** Where the command writes, and how it is stopped. */
export interface Terminal {
  readonly output: NodeJS.WritableStream;
  readonly error: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

/** An error in what the user gave: it is printed without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
