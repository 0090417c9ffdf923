/** A line of a text and its number, from 1. */
export interface Line {
  number: number;
  text: string;
}

/**
 * The lines of a text. Only LF and CR LF end a line: NEL (U+0085) and the line separators of Unicode occur
 * inside sentences of real data and are text here. Lines of white space alone are left out but counted.
 */
export function* linesOf(text: string): Generator<Line> {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    if (line.trim() !== '') yield { number, text: line };
    start = end + 1;
  }
}

/** The number, from 1, of the line in which `character` first occurs; `undefined` when it does not. */
export function lineAt(text: string, character: string): number | undefined {
  const position = text.indexOf(character);
  return position < 0 ? undefined : text.slice(0, position).split('\n').length;
}
