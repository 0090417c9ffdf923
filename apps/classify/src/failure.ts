/**
 * A failure that the user can fix: a bad option, a malformed row, a damaged file. The command prints the message without
 * a stack and ends with status 1. Every other error is a defect of the program and keeps its stack.
 */
export class InputError extends Error {
  override readonly name = 'InputError';

  /** @param lines printed below the message, such as the line of a file that is wrong. */
  constructor(
    message: string,
    readonly lines: readonly string[] = [],
  ) {
    super(message);
  }
}

/** The message of a thrown value, which may be no Error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Text from a file for a message: control characters escaped, long text cut. */
export function excerpt(text: string, limit = 40): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return JSON.stringify(cut);
}
