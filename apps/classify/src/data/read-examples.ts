import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { counted } from '../counted.js';
import { InputError, messageOf } from '../failure.js';
import { noticeUnusedColumns } from './columns.js';
import { readCsv, readTsv } from './delimited.js';
import { decode, type Encoding } from './encoding.js';
import type { ColumnNames, Example, Source } from './example.js';
import { readFolder } from './folder.js';
import { readJsonLines } from './json-lines.js';
import { readLabelledLines } from './labelled-lines.js';
import { rowProblems } from './row-problems.js';

/** How a data file is to be read. */
export interface ReadOptions {
  columns: ColumnNames;
  skipBad: boolean;
  /** Told what the person should know: an unusual encoding, rows left out. */
  notice: (message: string) => void;
}

/**
 * Reads the labelled texts of a file, or of a folder with a folder per class. The format follows the ending:
 * .csv, .tsv, .jsonl or .ndjson; every other file but .json has lines of `label text`.
 *
 * @throws InputError when the file cannot be read, is no text, has no example, or has a row that cannot be used (the
 *   message names the line) and bad rows are not skipped.
 */
export function readExamples(path: string, options: ReadOptions): Example[] {
  const problems = rowProblems(options.skipBad);
  const encodings = new Map<Encoding, string[]>();
  const note = (file: string, encoding: Encoding) => {
    const files = encodings.get(encoding);
    if (files === undefined) encodings.set(encoding, [file]);
    else files.push(file);
  };
  const source: Source = { name: path, columns: options.columns, problems };
  const folder = isFolder(path);
  const reader = readerFor(path);
  if (folder || reader === readLabelledLines) noticeUnusedColumns(path, options.columns, options.notice);
  const examples = folder ? readFolder(path, problems, note) : reader(textIn(path, options, note), source);
  for (const [encoding, files] of encodings) {
    if (encoding === 'utf-8') continue;
    const others = files.length > 1 ? ` and ${counted(files.length - 1, 'more file')}` : '';
    const reason = encoding === 'windows-1252' ? ' not valid UTF-8;' : '';
    options.notice(`${files[0]}${others}:${reason} read as ${encodingNames[encoding]}.`);
  }
  if (problems.skipped > 0) options.notice(`${path}: ${counted(problems.skipped, 'bad row')} left out.`);
  if (examples.length === 0) {
    throw new InputError(`${path}, line 1: no example in the file. ${expectedFormats}`);
  }
  return examples;
}

const encodingNames: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Latin-1 (Windows-1252)',
};

const expectedFormats =
  'Expected lines of "label text", a .csv or .tsv file with a header, a .jsonl file, or a folder with a folder per class.';

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${messageOf(error)}).`);
  }
}

function textIn(
  path: string,
  { skipBad }: ReadOptions,
  note: (file: string, encoding: Encoding) => void,
): string {
  let text: string;
  try {
    const decoded = decode(readFileSync(path));
    text = decoded.text;
    note(path, decoded.encoding);
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${messageOf(error)}).`);
  }
  const nul = text.indexOf('\0');
  if (nul >= 0 && !skipBad) {
    const line = text.slice(0, nul).split('\n').length;
    throw new InputError(
      `${path}, line ${line}: there is a NUL character, so this is no text in UTF-8 or Latin-1. ${expectedFormats}`,
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
