import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { excerpt, InputError } from '../failure.js';
import { checkedExample, type Example, type Source } from './example.js';

/** A record of a delimited file and its first line, from 1. */
interface DelimitedRecord {
  line: number;
  fields: string[];
}

/**
 * Reads comma-separated values with a header (RFC 4180; a quote inside an unquoted field is text).
 *
 * @throws InputError when a column is missing or a quote is never closed.
 */
export function readCsv(text: string, source: Source): Example[] {
  return examplesOf(recordsOf(text, source, { delimiter: ',', quote: '"' }), source, 'commas');
}

/** Reads tab-separated values with a header. Quotes are text, as in the IANA's text/tab-separated-values. */
export function readTsv(text: string, source: Source): Example[] {
  return examplesOf(recordsOf(text, source, { delimiter: '\t', quote: null }), source, 'tabs');
}

function recordsOf(
  text: string,
  source: Source,
  dialect: { delimiter: string; quote: string | null },
): DelimitedRecord[] {
  const records: DelimitedRecord[] = [];
  let nextLine = 1;
  try {
    parse(text, {
      ...dialect,
      relax_quotes: true,
      // `examplesOf` compares the number of fields with the header's.
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (fields: string[], { lines }: { lines: number }) => {
        const lineBreaks = fields.reduce((sum, field) => sum + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
        records.push({ line: lines - lineBreaks, fields });
        nextLine = lines + 1;
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
      throw new InputError(
        `${source.name}, line ${nextLine}: a quote opened in the row at this line is never closed, so the rest of the ` +
          `file is read as part of its field. Close it, or double the quotes inside the field.`,
      );
    }
    throw new InputError(`${source.name}, line ${nextLine}: ${error.message}.`);
  }
  return records;
}

function examplesOf(
  [header, ...rows]: DelimitedRecord[],
  source: Source,
  delimiter: 'commas' | 'tabs',
): Example[] {
  if (header === undefined) return [];
  refuseOtherDelimiter(header, source, delimiter);
  const names = header.fields.map((name) => name.trim());
  const labelColumn = columnIndex(names, 'label', header.line, source);
  const textColumn = columnIndex(names, 'text', header.line, source);
  const examples: Example[] = [];
  for (const { line, fields } of rows) {
    if (fields.length !== names.length) {
      const counts = `${fields.length} fields where the header has ${names.length}`;
      source.problems.found(source.name, line, `${counts}: ${excerpt(fields.join(' '))}`);
      continue;
    }
    const example = checkedExample(fields[labelColumn], fields[textColumn], fields.join(' '));
    if (typeof example !== 'string') examples.push({ ...example, line });
    else source.problems.found(source.name, line, example);
  }
  return examples;
}

/** The delimiters of fields, and the usual ending of such files. */
const delimiters = [
  { plural: 'semicolons', character: ';' },
  { plural: 'tabs', character: '\t', ending: '.tsv' },
  { plural: 'commas', character: ',', ending: '.csv' },
];

/** A header of a single field that contains another delimiter is reported as such, not as missing columns. */
function refuseOtherDelimiter({ line, fields }: DelimitedRecord, source: Source, expected: string): void {
  const other = delimiters.find(
    ({ plural, character }) => plural !== expected && fields.length === 1 && fields[0].includes(character),
  );
  if (other === undefined) return;
  const rename = other.ending === undefined ? '' : `, or give its name the ending ${other.ending}`;
  throw new InputError(
    `${source.name}, line ${line}: the header is one field, ${excerpt(fields[0])}: the fields seem to be separated by ` +
      `${other.plural}, expected ${expected}. Save the file with ${expected}${rename}.`,
  );
}

function columnIndex(names: string[], role: 'label' | 'text', line: number, source: Source): number {
  const index = names.indexOf(source.columns[role]);
  if (index >= 0) return index;
  throw new InputError(
    `${source.name}, line ${line}: no column "${source.columns[role]}" in the header, which has ` +
      `${names.map((name) => excerpt(name)).join(', ')}. Name the column that holds the ${role} with --${role}-column.`,
  );
}
