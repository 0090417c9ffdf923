import { InputError } from '../failure.js';
import { malformed } from './encoding.js';

/** One labelled text. */
export interface Example {
  label: string;
  text: string;
  /** The line in its file, from 1; absent when the whole file is one example. */
  line?: number;
}

/** The names of the columns (or of the keys, in JSON lines) that hold the label and the text. */
export interface ColumnNames {
  label: string;
  text: string;
}

/** The file whose text a reader gets. */
export interface Source {
  /** The file's name, for messages. */
  name: string;
  columns: ColumnNames;
  problems: RowProblems;
}

/** Handles rows that cannot be used: by an error at once, or by counting them. */
export interface RowProblems {
  /**
   * Reports that the row at `line` of `file` cannot be used.
   *
   * @throws InputError with the file, the line and the reason, unless bad rows are skipped.
   */
  found(file: string, line: number | undefined, reason: string): void;
  /** Rows left out so far. */
  readonly skipped: number;
}

/**
 * The example of a label and a text, without white space around them. The label is normalized (NFC) like the tokens, so
 * that the two ways to write "é" are one class.
 *
 * @param row the whole row, if it has more than the two.
 * @returns the example, or the reason why the row cannot be used.
 */
export function checkedExample(label: string, text: string, row = `${label} ${text}`): Example | string {
  if (row.includes(malformed)) return notUtf8;
  const example = { label: label.trim().normalize('NFC'), text: text.trim() };
  return reasonAgainst(example.label, example.text) ?? example;
}

/** The reason for bytes that are no text in the encoding of their file. */
export const notUtf8 = 'there are bytes that are not text in the encoding of the rest of the file';

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

/** A longer label is a mistake: a text without its label, or the wrong column. */
const longestLabel = 200;

/** The reason why this label and text cannot be an example; `undefined` when they can. */
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

/** The default names of the columns, or of the keys in JSON lines. */
export const defaultColumns: Readonly<ColumnNames> = { label: 'label', text: 'text' };

/**
 * Gives a notice when options name columns but the data have none.
 *
 * @param source the name of the data.
 */
export function noticeUnusedColumns(
  source: string,
  columns: ColumnNames,
  notice: (message: string) => void,
): void {
  const roles = (['label', 'text'] as const).filter((role) => columns[role] !== defaultColumns[role]);
  if (roles.length === 0) return;
  const options = roles.map((role) => `--${role}-column`).join(' and ');
  notice(`${source}: has no columns, so ${options} ${roles.length === 1 ? 'is' : 'are'} of no use here.`);
}
