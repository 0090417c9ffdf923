import { excerpt } from '../failure.js';
import type { Example, Source } from './example.js';
import { linesOf } from './lines.js';
import { reasonAgainst } from './row-problems.js';

/** Reads lines of `label text`: the label ends at the first space or tab. */
export function readLabelledLines(text: string, source: Source): Example[] {
  const examples: Example[] = [];
  for (const line of linesOf(text)) {
    const row = line.text.trimStart();
    const gap = row.search(/[ \t]/);
    const label = gap < 0 ? row : row.slice(0, gap);
    const rest = gap < 0 ? '' : row.slice(gap + 1).trim();
    const reason = reasonAgainst(label, rest);
    if (reason !== undefined) {
      source.problems.found(source.name, line.number, `${excerpt(row)}: ${reason}`);
      continue;
    }
    examples.push({ label, text: rest, line: line.number });
  }
  return examples;
}
