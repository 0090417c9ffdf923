import { excerpt } from '../failure.js';
import { checkedExample } from './checked-example.js';
import type { Example, Source } from './example.js';
import { linesOf } from './lines.js';

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
