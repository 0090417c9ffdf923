/**
 * A failure that the person at the keyboard can fix: a bad option, a malformed row, a damaged file. The
 * command prints its message alone, without a stack, and ends with status 1. Every other error is a defect
 * of the program and keeps its stack.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A short printable form of text from a file: control characters escaped, long text cut. */
export function excerpt(text: string, limit = 40): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return JSON.stringify(cut);
}
