/** The terminal: streams, errors for the user, texts. */

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

/** A table of texts with aligned columns. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A number of bytes: `12 kB`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A difference: 0, or two digits. */
export const formatDifference = (difference: number): string =>
  difference === 0 ? '0' : difference.toExponential(1);
