import { excerpt, messageOf } from '../failure.js';
import { checkedExample, type Example, type Source } from './example.js';

/** Reads lines of `label text`: the label ends at the first space or tab. */
export function readLabelledLines(text: string, source: Source): Example[] {
  const examples: Example[] = [];
  for (const line of linesOf(text)) {
    const row = line.text.trimStart();
    const gap = row.search(/[ \t]/);
    const label = gap < 0 ? row : row.slice(0, gap);
    const example = checkedExample(label, gap < 0 ? '' : row.slice(gap + 1));
    if (typeof example !== 'string') examples.push({ ...example, line: line.number });
    else source.problems.found(source.name, line.number, `${excerpt(row)}: ${example}`);
  }
  return examples;
}

/** Reads JSON lines: an object a line, with the label (string, number or boolean) and the text (string). */
export function readJsonLines(text: string, source: Source): Example[] {
  const examples: Example[] = [];
  for (const line of linesOf(text)) {
    const row = exampleOf(line.text, source);
    if (typeof row === 'string') source.problems.found(source.name, line.number, row);
    else examples.push({ ...row, line: line.number });
  }
  return examples;
}

/** The example that a line holds, or the reason why it holds none. */
function exampleOf(line: string, source: Source): Example | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `${excerpt(line)} is not JSON (${messageOf(error)})`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected a JSON object with "${source.columns.label}" and "${source.columns.text}", got ${excerpt(line)}`;
  }
  const label = ownValue(value, source.columns.label);
  const text = ownValue(value, source.columns.text);
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean') {
    return absent(source.columns.label, 'label', 'a string, a number or a boolean', label);
  }
  if (typeof text !== 'string') return absent(source.columns.text, 'text', 'a string', text);
  return checkedExample(String(label), text, line);
}

/** A property of the object itself: names such as `__proto__` or `toString` find nothing inherited. */
function ownValue(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

function absent(key: string, role: string, expected: string, found: unknown): string {
  const what = found === undefined ? 'is missing' : `is ${excerpt(JSON.stringify(found))}`;
  return `the key "${key}" ${what}, expected ${expected} (another key: --${role}-column)`;
}

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
