import { excerpt, messageOf } from '../failure.js';
import { checkedExample } from './checked-example.js';
import type { Example, Source } from './example.js';
import { linesOf } from './lines.js';

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
