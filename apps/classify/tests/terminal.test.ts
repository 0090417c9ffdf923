import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printable, printableLine } from '../src/terminal/streams.js';
import { command, objects, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

/** Clears the screen and rings the bell; C1's CSI; turns the order of what follows. */
const hostile = '\u001b[2J\u0007\u009b31m\u202e';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('printable text', () => {
  test('control characters are escaped as in JSON, and JSON keeps its meaning', () => {
    expect(printable('a\u001b[31m\u0007\u007f\u009b\u202eb\r')).toBe(
      'a\\u001b[31m\\u0007\\u007f\\u009b\\u202eb\\u000d',
    );
    const object = { label: `x${hostile}\u2066\ud800\n` };
    const text = printable(JSON.stringify(object));
    expect(text).not.toMatch(unsafe);
    expect(JSON.parse(text)).toEqual(object);
  });

  test('letters, emoji and their joiners, tabs and line feeds do not change', () => {
    const text = 'a\tb\nnaïve שלום 你好 👩‍👩‍👧 می‌خواهم e\u0301';
    expect(printable(text)).toBe(text);
    expect(printableLine('a\tb\nc')).toBe('a\\u0009b\\u000ac');
  });

  test('labels that differ only in invisible characters look different', () => {
    expect(printable('good\u200b')).not.toBe(printable('good'));
  });
});

describe('text from data and arguments reaches the terminal escaped', () => {
  test.each([
    ['a JSON line', 'data.jsonl', `{"label":"a","text":${hostile}}`],
    ['a short JSON line', 'data.jsonl', '\u001b\u0007'],
    ['a key of JSON', 'data.jsonl', `{"label":{"${hostile.replace(/\p{Cc}/gu, '')}":1},"text":"a"}`],
    ['a header', 'data.csv', `${hostile},kind\n1,2`],
    ['a label', 'data.txt', `${hostile} a\n`],
    ['a name of a file', `${hostile}.txt`, 'a\n'],
    ['a line feed in a name of a file', 'x\nerror: all is well.txt', 'a\n'],
  ])('%s in an error', async (_, name, content) => {
    const { status, output, error } = await command(['train', '--data', scratchFile(name, content)]);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(error).not.toMatch(unsafe);
    expect(error).toMatch(/^error: [^\n]*\n$/);
  });

  test('arguments in errors', async () => {
    for (const [args, expected] of [
      [[`--${hostile}`], 2],
      [['--cell', hostile], 2],
      [['--units', hostile], 2],
      [['--backend', hostile], 1],
      [['--data', hostile], 1],
    ] as const) {
      const { status, error } = await command(['train', '--data', scratchFile('data.txt', 'a b\n'), ...args]);
      expect(status, args.join(' ')).toBe(expected);
      expect(error).not.toMatch(unsafe);
    }
    const { error } = await command(['predict', '--model', hostile, 'a']);
    expect(error).toContain('\\u001b[2J');
    expect(error).not.toMatch(unsafe);
  });

  test('labels with bidirectional controls: notices, tables, answers, --json', async () => {
    const label = 'go\u202eod';
    const lines = toyLines(20).replaceAll('good', label);
    const data = scratchFile('data.txt', lines);
    const folder = join(scratchFolder(), hostile);
    mkdirSync(folder);
    const trained = await command([
      'train',
      ...small,
      ...['--epochs', '1', '--data', data, '--out', folder, '--json'],
    ]);
    expect(objects(trained.output).length).toBe(2);
    const strange = scratchFile('strange.txt', `${lines}u\u2066gly film\n`);
    const results = [
      trained,
      await command(['predict', '--model', folder, 'dull', 'a \u202efilm']),
      await command(['inspect', '--model', folder]),
      await command(['evaluate', '--model', folder, '--data', data]),
      await command(['evaluate', '--model', folder, '--data', strange]),
    ];
    for (const { output, error } of results) expect(output + error).not.toMatch(unsafe);
    expect(results[2].output).toContain('bad, go\\u202eod');
    expect(results[4].error).toContain('the label "u\\u2066gly" does not occur');
    // The columns of a table are as wide as what is shown.
    const rows = results[3].output.split('\n').slice(2, 6);
    expect(rows[3]).toMatch(/^go\\u202eod /);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  });
});
