import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Example } from '../src/data/example.js';
import { readExamples } from '../src/data/read-examples.js';
import { scratchFile, scratchFolder } from './scratch.js';

function read(path: string, options: { label?: string; text?: string; skipBad?: boolean } = {}) {
  const notices: string[] = [];
  const examples = readExamples(path, {
    columns: { label: options.label ?? 'label', text: options.text ?? 'text' },
    skipBad: options.skipBad ?? false,
    notice: (message) => notices.push(message),
  });
  return { examples, notices };
}

const pairs = (examples: Example[]) => examples.map(({ label, text }) => [label, text]);

describe('lines of label and text', () => {
  test('the label ends at the first space or tab', () => {
    const path = scratchFile('data.txt', '1 a b  c \n0\td e\r\n\n  2  f\n');
    expect(read(path).examples).toEqual([
      { label: '1', text: 'a b  c', line: 1 },
      { label: '0', text: 'd e', line: 2 },
      { label: '2', text: 'f', line: 4 },
    ]);
  });

  test('Latin-1 with a NEL inside a line: one example, and a notice', () => {
    const path = scratchFile('data.all', Buffer.from('0 hmmm\x85might caf\xe9\n1 fine\n', 'latin1'));
    const { examples, notices } = read(path);
    expect(pairs(examples)).toEqual([
      ['0', 'hmmm…might café'],
      ['1', 'fine'],
    ]);
    expect(notices).toEqual([`${path}: not valid UTF-8; read as Latin-1 (Windows-1252).`]);
  });

  test('a label without text is an error with its line', () => {
    const path = scratchFile('data.txt', '1 a\n\n0\n1 b\n');
    expect(() => read(path)).toThrow(`${path}, line 3: "0": there is a label but no text.`);
  });

  test('NUL characters, control characters and overlong labels are errors with the line', () => {
    const errors = ['1 a\0b', '1\x07 a', `${'x'.repeat(201)} a`].map((row) => {
      const path = scratchFile('data.txt', `1 fine\n${row}\n`);
      try {
        read(path);
      } catch (error) {
        return String(error);
      }
      return 'no error';
    });
    expect(errors[0]).toMatch(/line 2: .*NUL character/);
    expect(errors[1]).toMatch(/line 2: .*control characters/);
    expect(errors[2]).toMatch(/line 2: .*the label has 201 characters/);
  });

  test('in a binary file the first NUL is an error that does not advise --skip-bad', () => {
    const path = scratchFile('image.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'));
    expect(() => read(path)).toThrow(
      `${path}, line 3: there is a NUL character, so this is no text in UTF-8`,
    );
    expect(() => read(path)).not.toThrow(/--skip-bad/);
  });

  test('bad rows can be left out and are counted', () => {
    const path = scratchFile('data.txt', '1 a\n0\n1 a\0b\n0 c\n');
    const { examples, notices } = read(path, { skipBad: true });
    expect(pairs(examples)).toEqual([
      ['1', 'a'],
      ['0', 'c'],
    ]);
    expect(notices).toEqual([`${path}: 2 bad rows left out.`]);
  });

  test('a label may have the name of a member of objects', () => {
    const path = scratchFile('data.txt', '__proto__ a\nconstructor b\ntoString c\n');
    expect(pairs(read(path).examples)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
  });
});

describe('CSV', () => {
  test('quotes, line breaks in fields, more columns, other names', () => {
    const path = scratchFile('data.csv', 'id,body,kind\r\n1,"a, ""b""\nc",x\r\n\r\n2,say "hi",y\r\n');
    expect(read(path, { label: 'kind', text: 'body' }).examples).toEqual([
      { label: 'x', text: 'a, "b"\nc', line: 2 },
      { label: 'y', text: 'say "hi"', line: 5 },
    ]);
  });

  test('the error for a missing column lists the existing columns', () => {
    const path = scratchFile('data.csv', 'label,body\n1,a\n');
    expect(() => read(path)).toThrow(
      `${path}, line 1: no column "text" in the header, which has "label", "body". ` +
        'Name the column that holds the text with --text-column.',
    );
  });

  test.each([
    ['data.csv', 'label;text', 'semicolons, expected commas. Save the file with commas.'],
    [
      'data.csv',
      'label\ttext',
      'tabs, expected commas. Save the file with commas, or give its name the ending .tsv.',
    ],
    [
      'data.tsv',
      'label,text',
      'commas, expected tabs. Save the file with tabs, or give its name the ending .csv.',
    ],
  ])('%s: the header %s has another delimiter', (name, header, message) => {
    const path = scratchFile(name, `${header}\nx\n`);
    expect(() => read(path)).toThrow(
      `${path}, line 1: the header is one field, ${JSON.stringify(header)}: the fields seem to be separated by ${message}`,
    );
  });

  test('a row with another number of fields is an error with its line, or is left out', () => {
    const path = scratchFile('data.csv', 'label,text\n1,"a\nb"\n0,c,d\n0,e\n');
    expect(() => read(path)).toThrow(`${path}, line 4: 3 fields where the header has 2`);
    expect(pairs(read(path, { skipBad: true }).examples)).toEqual([
      ['1', 'a\nb'],
      ['0', 'e'],
    ]);
  });

  test('the error for a quote that is never closed names its row', () => {
    const path = scratchFile('data.csv', 'label,text\n1,a\n0,"b\n1,c\n');
    expect(() => read(path, { skipBad: true })).toThrow(/line 3: a quote opened in the row .* never closed/);
  });

  test('columns named like members of objects', () => {
    const path = scratchFile('data.csv', '__proto__,constructor\na,b\n');
    expect(pairs(read(path, { label: '__proto__', text: 'constructor' }).examples)).toEqual([['a', 'b']]);
  });
});

test('TSV: quotes are text', () => {
  const path = scratchFile('data.tsv', 'text\tlabel\nshe said "no\t1\n"yes" is fine\t0\n');
  expect(read(path).examples).toEqual([
    { label: '1', text: 'she said "no', line: 2 },
    { label: '0', text: '"yes" is fine', line: 3 },
  ]);
});

describe('JSON lines', () => {
  test('strings, numbers and booleans are labels', () => {
    const path = scratchFile(
      'data.jsonl',
      '{"label":1,"text":"a\\nb"}\n\n{"text":"c","label":true}\n{"label":"__proto__","text":"d"}\n',
    );
    expect(read(path).examples).toEqual([
      { label: '1', text: 'a\nb', line: 1 },
      { label: 'true', text: 'c', line: 3 },
      { label: '__proto__', text: 'd', line: 4 },
    ]);
  });

  test.each([
    ['{"label":1', /line 2: "\{\\"label\\":1" is not JSON/],
    ['[1,"a"]', /line 2: expected a JSON object with "label" and "text"/],
    ['{"label":1}', /line 2: the key "text" is missing, expected a string \(another key: --text-column\)/],
    [
      '{"text":"a","label":{"b":1}}',
      /line 2: the key "label" is .*, expected a string, a number or a boolean/,
    ],
    ['{"__proto__":{"label":1,"text":"a"}}', /line 2: the key "label" is missing/],
  ])('%s is an error with its line', (row, message) => {
    const path = scratchFile('data.ndjson', `{"label":1,"text":"a"}\n${row}\n`);
    expect(() => read(path)).toThrow(message);
  });

  test('the error for a .json file names the expected format', () => {
    const path = scratchFile('data.json', '[{"label":1,"text":"a"}]');
    expect(() => read(path)).toThrow(`${path}: expected .jsonl, one JSON object on each line, not .json.`);
  });

  test('keys that objects inherit are not read', () => {
    const path = scratchFile('data.jsonl', '{"label":1,"text":"a"}\n');
    expect(() => read(path, { label: 'toString' })).toThrow(/the key "toString" is missing/);
  });
});

describe('a folder per class', () => {
  test('files are examples, in the order of their names; a notice lists hidden and stray files', () => {
    const folder = scratchFolder();
    scratchFile('pos/2.txt', 'fine\nfilm\n', folder);
    scratchFile('pos/10.txt', Buffer.from('caf\xe9', 'latin1'), folder);
    scratchFile('pos/.hidden', 'x', folder);
    scratchFile('neg/a.txt', 'dull', folder);
    scratchFile('readme.txt', 'not a class', folder);
    const { examples, notices } = read(folder);
    expect(examples).toEqual([
      { label: 'neg', text: 'dull' },
      { label: 'pos', text: 'café' },
      { label: 'pos', text: 'fine\nfilm' },
    ]);
    expect(notices).toEqual([
      `${folder}: left out: 1 name that begins with a dot (pos/.hidden); 1 file beside the folders of classes (readme.txt).`,
      `${join(folder, 'pos/10.txt')}: not valid UTF-8; read as Latin-1 (Windows-1252).`,
    ]);
  });

  test('an empty file is an error with its name', () => {
    const folder = scratchFolder();
    const empty = scratchFile('pos/1.txt', '', folder);
    expect(() => read(folder)).toThrow(`${empty}: there is a label but no text.`);
  });

  test('a folder without folders is an error', () => {
    const folder = scratchFolder();
    expect(() => read(folder)).toThrow(
      `${folder}: expected a folder for each class in this folder, found none.`,
    );
  });
});

describe('files without examples', () => {
  test.each(['data.txt', 'data.csv', 'data.tsv', 'data.jsonl'])('an empty %s', (name) => {
    const path = scratchFile(name, '');
    expect(() => read(path)).toThrow(`${path}, line 1: no example in the file.`);
  });

  test('a header without rows is an error', () => {
    const path = scratchFile('data.csv', 'label,text\n');
    expect(() => read(path)).toThrow('no example in the file');
  });

  test('a missing file is an error', () => {
    const path = join(scratchFolder(), 'none.txt');
    expect(() => read(path)).toThrow(`${path}: cannot be read (ENOENT`);
  });
});

describe('names of columns for data without columns', () => {
  test.each([
    [{ label: 'kind' }, '--label-column is'],
    [{ text: 'body' }, '--text-column is'],
    [{ label: 'kind', text: 'body' }, '--label-column and --text-column are'],
  ])('%s: a notice', (names, options) => {
    const path = scratchFile('data.txt', 'a b\n');
    expect(read(path, names).notices).toEqual([`${path}: has no columns, so ${options} of no use here.`]);
  });

  test('a folder per class has no columns either; the default names give no notice', () => {
    const folder = scratchFolder();
    scratchFile('pos/1.txt', 'fine', folder);
    expect(read(folder, { label: 'kind' }).notices.length).toBe(1);
    expect(read(folder, { label: 'label' }).notices).toEqual([]);
  });
});
