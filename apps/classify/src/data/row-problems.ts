import { InputError } from '../failure.js';
import type { RowProblems } from './example.js';

/** Bad rows end the command, or are counted and left out when `skip` is set (`--skip-bad`). */
export function rowProblems(skip: boolean): RowProblems {
  let skipped = 0;
  return {
    found(file, line, reason) {
      if (!skip) {
        const where = line === undefined ? file : `${file}, line ${line}`;
        throw new InputError(`${where}: ${reason}. Mend it, or leave such rows out with --skip-bad.`);
      }
      skipped++;
    },
    get skipped() {
      return skipped;
    },
  };
}

/** Longer labels are never meant: they come from a text without its label, or from the wrong column. */
const longestLabel = 200;

/** Why this label and text cannot be an example, or `undefined` when they can. */
export function reasonAgainst(label: string, text: string): string | undefined {
  if (label === '') return 'the label is empty';
  if (label.length > longestLabel) {
    return `the label has ${label.length} characters (at most ${longestLabel}): is the label missing?`;
  }
  if (text.includes('\0') || label.includes('\0')) return 'there is a NUL character: is this a text file?';
  if (/\p{Cc}/u.test(label)) return 'the label has control characters';
  if (text.trim() === '') return 'there is a label but no text';
  return undefined;
}
