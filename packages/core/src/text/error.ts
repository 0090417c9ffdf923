/** The longest part of a line that an error shows, and how much of it stands before the place. */
const EXCERPT = 100;
const BEFORE = 60;
/** The longest message: names in it may be of any length. */
const LONGEST = 700;

/** A mistake in equations given as text, with its place. */
export class CellTextError extends TypeError {
  override readonly name = 'CellTextError';
  /** The line, counted from 1. */
  readonly line: number;
  /** The column, counted from 1 in UTF-16 code units. */
  readonly column: number;
  /** The length of the part that is wrong, in UTF-16 code units. */
  readonly length: number;

  /** @param message what was found, what was expected and how to fix it. */
  constructor(source: string, start: number, end: number, message: string) {
    const lineStart = source.lastIndexOf('\n', start - 1) + 1;
    const newline = source.indexOf('\n', lineStart);
    const lineEnd = newline < 0 ? source.length : newline;
    const line = source.slice(0, lineStart).split('\n').length;
    const column = start - lineStart + 1;
    const length = Math.max(1, Math.min(end, lineEnd) - start);
    const shown = message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message;
    super(
      `Line ${line}, column ${column}: ${shown}\n${excerpt(source.slice(lineStart, lineEnd), column - 1, length)}`,
    );
    this.line = line;
    this.column = column;
    this.length = length;
  }
}

/** The line, or the part of a long line around the place, with a mark below the place. */
function excerpt(line: string, place: number, length: number): string {
  const from = place > BEFORE ? place - BEFORE : 0;
  const shown = line.slice(from, from + EXCERPT).replace(/[\t\r]/g, ' ');
  const before = [...shown.slice(0, place - from)].filter((character) => !/\p{M}/u.test(character));
  const mark = '^'.repeat(Math.max(1, Math.min(length, from + EXCERPT - place, 40)));
  return `  ${shown}\n  ${' '.repeat(before.length)}${mark}`;
}
