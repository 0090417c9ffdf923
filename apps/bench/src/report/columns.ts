/** The lines of a table: the first so many columns are words and stand to the left, the others numbers and to the right. */
export function alignedColumns(
  words: number,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i].length)),
  );
  return [headings, ...rows].map((cells) =>
    cells.map((cell, i) => (i < words ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}

/** Lines of text, indented below a title, each ended. */
export function underTitle(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`.trimEnd())].join('\n').concat('\n');
}
