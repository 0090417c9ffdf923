import { extname } from 'node:path';
import { InputError } from '../failure.js';
import { cannotBeRead, kindOf, notRegular, readRegularFile } from '../files/regular-file.js';
import { formatQuantity } from '../terminal/numbers.js';
import { readCsv, readTsv } from './delimited.js';
import { decode, malformed, remarkOn } from './encoding.js';
import {
  type ColumnNames,
  type Example,
  noticeUnusedColumns,
  notUtf8,
  rowProblems,
  type Source,
} from './example.js';
import { readFolder } from './folder.js';
import { lineAt, readJsonLines, readLabelledLines } from './line-formats.js';

/** Options for reading a data file. */
export interface ReadOptions {
  columns: ColumnNames;
  skipBad: boolean;
  /** Called with facts for the user: an unusual encoding, rows left out. */
  notice: (message: string) => void;
}

/**
 * Reads the labelled texts of a file, or of a folder with a folder per class. The format follows the ending:
 * .csv, .tsv, .jsonl or .ndjson; every other file except .json has lines of `label text`.
 *
 * @throws InputError when the file cannot be read, is no text or has no example; and, unless bad rows are skipped, when a
 *   row cannot be used (the message names its line).
 */
export function readExamples(path: string, options: ReadOptions): Example[] {
  const problems = rowProblems(options.skipBad);
  const remarks = new Map<string, string[]>();
  const remark = (file: string, text: string) => {
    const files = remarks.get(text);
    if (files === undefined) remarks.set(text, [file]);
    else files.push(file);
  };
  const source: Source = { name: path, columns: options.columns, problems };
  const kind = kindOf(path);
  if (kind !== 'file' && kind !== 'folder') throw notRegular(path, kind);
  const reader = readerFor(path);
  if (kind === 'folder' || reader === readLabelledLines) {
    noticeUnusedColumns(path, options.columns, options.notice);
  }
  const examples =
    kind === 'folder'
      ? readFolder(path, { problems, remark, notice: options.notice })
      : reader(textIn(path, options, remark), source);
  for (const [text, files] of remarks) {
    const others = files.length > 1 ? ` and ${formatQuantity(files.length - 1, 'more file')}` : '';
    options.notice(`${files[0]}${others}: ${text}.`);
  }
  if (problems.skipped > 0)
    options.notice(`${path}: ${formatQuantity(problems.skipped, 'bad row')} left out.`);
  if (examples.length === 0) {
    throw new InputError(`${path}, line 1: no example in the file. ${expectedFormats}`);
  }
  return examples;
}

const expectedFormats =
  'Expected lines of "label text", a .csv or .tsv file with a header, a .jsonl file, or a folder with a folder per class.';

/**
 * The text of a file.
 *
 * @throws InputError with the first line that is no text, unless such rows are skipped.
 */
function textIn(
  path: string,
  { skipBad }: ReadOptions,
  remark: (file: string, remark: string) => void,
): string {
  const bytes = readRegularFile(path);
  let text: string;
  try {
    const decoded = decode(bytes);
    text = decoded.text;
    const told = remarkOn(bytes, decoded.encoding);
    if (told !== undefined) remark(path, told);
  } catch (error) {
    throw cannotBeRead(path, error);
  }
  if (skipBad) return text;
  const malformedLine = lineAt(text, malformed);
  const nulLine = lineAt(text, '\0');
  if (nulLine !== undefined) {
    throw new InputError(
      `${path}, line ${nulLine}: there is a NUL character, so this is no text in UTF-8 or Latin-1. ${expectedFormats}`,
    );
  }
  if (malformedLine !== undefined) {
    throw new InputError(
      `${path}, line ${malformedLine}: ${notUtf8}. Fix it, convert the file to UTF-8, or leave such rows out with --skip-bad.`,
    );
  }
  return text;
}

/** The reader for a file's ending. */
function readerFor(path: string): (text: string, source: Source) => Example[] {
  switch (extname(path).toLowerCase()) {
    case '.csv':
      return readCsv;
    case '.tsv':
      return readTsv;
    case '.jsonl':
    case '.ndjson':
      return readJsonLines;
    case '.json':
      return refuseJson;
    default:
      return readLabelledLines;
  }
}

function refuseJson(_text: string, { name }: Source): never {
  throw new InputError(
    `${name}: expected .jsonl, one JSON object on each line, not .json. Rename the file if that is what it holds; ` +
      'else write each example as an object on a line of its own.',
  );
}
