import { InputError } from '../failure.js';
import type { RowProblems } from './example.js';

/** Bad rows end the command, or are counted and left out when `skip` is set (`--skip-bad`). */
export function rowProblems(skip: boolean): RowProblems {
  let skipped = 0;
  return {
    found(file, line, reason) {
      if (!skip) {
        const [where, such] = line === undefined ? [file, 'files'] : [`${file}, line ${line}`, 'rows'];
        throw new InputError(`${where}: ${reason}. Fix it, or leave such ${such} out with --skip-bad.`);
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
    return `the label has ${label.length} characters, at most ${longestLabel} are expected; perhaps the label is missing`;
  }
  if (text.includes('\0') || label.includes('\0')) return 'there is a NUL character, so this is no text';
  if (/\p{Cc}/u.test(label)) return 'the label has control characters';
  if (text.trim() === '') return 'there is a label but no text';
  return undefined;
}
